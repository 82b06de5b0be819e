*** Settings ***
Documentation     Runs on a real node of NethServer 8: see tests/backup-monitor.robot.
Library           SSHLibrary
Suite Setup       Connect to the node
Suite Teardown    Close All Connections

*** Variables ***
${SSH_KEYFILE}    %{HOME}/.ssh/id_ecdsa

*** Keywords ***
Connect to the node
    Open Connection    ${NODE_ADDR}
    Login With Public Key    root    ${SSH_KEYFILE}
    ${state} =    Execute Command    systemctl is-system-running --wait
    Should Contain Any    ${state}    running    degraded
