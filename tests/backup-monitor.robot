*** Settings ***
Documentation     The life of the application on a real node: NODE_ADDR is its address,
...               IMAGE_URL the module image. The node gets a backup destination of its own
...               in a folder, a plan with one application, and a mail server that keeps
...               what it gets; all of it is taken away at the end.
Library           SSHLibrary
Library           Collections
Suite Teardown    Take everything away

*** Variables ***
${IMAGE_URL}      ghcr.io/nethserver/backup-monitor:latest
${module_id}      ${EMPTY}
${clone_id}    ${EMPTY}
${restored_id}    ${EMPTY}
${victim_id}      ${EMPTY}
${plan}           ${EMPTY}
${repository}     ${EMPTY}
${SINK}           /root/backup-monitor-test
${SINK_PORT}      10025

*** Keywords ***
Shell
    [Documentation]    Runs a command that must work, and returns what it printed.
    [Arguments]    ${command}
    ${out}    ${err}    ${rc} =    Execute Command    ${command}    return_stderr=True    return_rc=True
    Should Be Equal As Integers    ${rc}    0    ${command}: ${err}
    RETURN    ${out}

Run action
    [Documentation]    Runs an action that must work, and returns its output.
    [Arguments]    ${agent}    ${action}    ${data}={}
    ${out} =    Shell    api-cli run ${agent}/${action} --data '${data}'
    ${output} =    Evaluate    json.loads($out) if $out.strip() else None    modules=json
    RETURN    ${output}

Refused action
    [Documentation]    Runs an action that must end with an error.
    [Arguments]    ${agent}    ${action}    ${data}
    ${out}    ${rc} =    Execute Command    api-cli run ${agent}/${action} --data '${data}'
    ...    return_rc=True
    Should Not Be Equal As Integers    ${rc}    0
    RETURN    ${out}

Start a mail server
    Shell    mkdir -p ${SINK}/mails
    Put File    ${CURDIR}/sink.py    ${SINK}/sink.py
    Shell    systemd-run --unit=backup-monitor-test-sink python3 ${SINK}/sink.py ${SINK}/mails ${SINK_PORT}

Mails
    ${out} =    Shell    ls ${SINK}/mails | wc -l
    ${count} =    Convert To Integer    ${out}
    RETURN    ${count}

There are mails
    [Arguments]    ${count}
    ${found} =    Mails
    Should Be True    ${found} >= ${count}

Take everything away
    Run Keyword And Ignore Error    Shell    systemctl stop backup-monitor-test-sink
    FOR    ${id}    IN    ${module_id}    ${clone_id}    ${restored_id}    ${victim_id}
        IF    '${id}' != '${EMPTY}'
            Run Keyword And Ignore Error    Shell    remove-module --no-preserve ${id}
        END
    END
    IF    '${plan}' != '${EMPTY}'
        Run Keyword And Ignore Error    Run action    cluster    remove-backup    {"id": ${plan}}
    END
    IF    '${repository}' != '${EMPTY}'
        Run Keyword And Ignore Error    Run action    cluster    remove-backup-repository    {"id": "${repository}"}
    END
    Run Keyword And Ignore Error    Shell    rm -rf ${SINK}

*** Test Cases ***
It is installed
    ${out} =    Shell    add-module ${IMAGE_URL} 1
    ${output} =    Evaluate    json.loads($out.replace("'", '"'))    modules=json
    Set Suite Variable    ${module_id}    ${output}[module_id]
    ${found} =    Run action    module/${module_id}    get-configuration
    Should Be Equal    ${found}[configured]    ${False}
    Should Be Equal    ${found}[service]    stopped

What is wrong is refused
    ${out} =    Refused action    module/${module_id}    configure-module    {"mail": {"to": ["nobody"]}}
    Should Contain    ${out}    not_an_address

It is configured and runs
    Start a mail server
    ${done} =    Run action    module/${module_id}    configure-module
    ...    {"mail": {"from": "monitor@example.org", "to": ["admin@example.org"], "transport": "smtp", "smtp": {"host": "127.0.0.1", "port": ${SINK_PORT}, "encryption": "none"}}}
    Should Be Equal    ${done}[applied]    started
    ${found} =    Run action    module/${module_id}    get-configuration
    Should Be Equal    ${found}[service]    running
    ${again} =    Run action    module/${module_id}    configure-module
    Should Be Equal    ${again}[applied]    nothing

It may ask the repositories
    ${found} =    Run action    module/${module_id}    get-configuration
    ${codes} =    Evaluate    [warning["code"] for warning in $found["warnings"]]
    Should Not Contain    ${codes}    role_missing

Its container has the least privilege and shows no secret
    ${shown} =    Shell    runagent -m ${module_id} podman inspect backup-monitor
    Should Contain    ${shown}    "ReadonlyRootfs": true
    Should Not Contain    ${shown}    REDIS_PASSWORD
    ${caps} =    Shell    grep CapEff /proc/$(runagent -m ${module_id} podman inspect -f '{{.State.Pid}}' backup-monitor)/status
    Should Match Regexp    ${caps}    CapEff:\\s+0+$

It is healthy for podman and systemd
    Shell    runagent -m ${module_id} podman healthcheck run backup-monitor
    Shell    runagent -m ${module_id} systemctl --user is-active backup-monitor

A test mail arrives
    ${sent} =    Run action    module/${module_id}    send-test-mail
    Should Be Equal    ${sent}[results][0][result]    accepted
    Wait Until Keyword Succeeds    30s    1s    There are mails    1

A backup that fails is reported with one mail
    ${victim} =    Shell    add-module loki 1
    ${output} =    Evaluate    json.loads($victim.replace("'", '"'))    modules=json
    Set Suite Variable    ${victim_id}    ${output}[module_id]
    # It stores on this very node; what fails is the application's own step.
    ${vpn} =    Shell    redis-cli hget node/1/vpn ip_address
    Shell    printf '#!/bin/sh\\nexit 1\\n' > /home/${victim_id}/.config/bin/module-dump-state
    Shell    chmod 755 /home/${victim_id}/.config/bin/module-dump-state
    ${made} =    Run action    cluster    add-backup-repository
    ...    {"name": "monitor test", "provider": "cluster", "url": "webdav:http://${vpn}:4694", "password": "", "parameters": {}}
    Set Suite Variable    ${repository}    ${made}[id]
    ${made} =    Run action    cluster    add-backup
    ...    {"name": "monitor test", "repository": "${repository}", "schedule": "daily", "schedule_hint": {}, "retention": 7, "instances": ["${victim_id}"], "enabled": true}
    Set Suite Variable    ${plan}    ${made}
    ${before} =    Mails
    ${code} =    Execute Command    runagent -m node run-backup --backup ${plan}
    ...    return_stdout=False    return_rc=True
    Should Be Equal As Integers    ${code}    1
    ${wanted} =    Evaluate    ${before} + 1
    Wait Until Keyword Succeeds    5min    5s    There are mails    ${wanted}
    ${listed} =    Run action    module/${module_id}    list-reports    {"plan": "${plan}"}
    Should Be Equal As Integers    ${listed}[total]    1
    ${report} =    Run action    module/${module_id}    get-report    {"id": ${listed}[reports][0][id]}
    Should Not Be Equal    ${report}[report][outcome]    SUCCESS
    Should Be Equal    ${report}[deliveries][0][state]    sent

How everything stands is shown
    ${shown} =    Run action    module/${module_id}    get-overview
    Should Be Equal    ${shown}[overview][redis_problem]    ${None}
    Should Be True    ${shown}[overview][voice]

A check reports what it finds
    ${checked} =    Run action    module/${module_id}    run-check    {"plan": "${plan}"}
    Should Not Be Equal    ${checked}[outcome]    SUCCESS

Its metrics are scraped
    ${targets} =    Shell    redis-cli --raw hget module/${module_id}/metrics_targets backup-monitor
    Should Contain    ${targets}    ${module_id}

It is updated
    ${before} =    Shell    runagent -m ${module_id} podman inspect -f '{{.Id}}' backup-monitor
    Run action    cluster    update-module    {"module_url": "${IMAGE_URL}", "instances": ["${module_id}"], "force": true}
    ${after} =    Shell    runagent -m ${module_id} podman inspect -f '{{.Id}}' backup-monitor
    Should Not Be Equal    ${before}    ${after}
    ${listed} =    Run action    module/${module_id}    list-reports
    Should Be True    ${listed}[total] >= 1

It is cloned with all it knows
    ${made} =    Run action    cluster    clone-module    {"module": "${module_id}", "node": 1, "replace": false}
    Set Suite Variable    ${clone_id}    ${made}[module_id]
    ${listed} =    Run action    module/${clone_id}    list-reports
    Should Be True    ${listed}[total] >= 1
    ${found} =    Run action    module/${clone_id}    get-configuration
    ${codes} =    Evaluate    [warning["code"] for warning in $found["warnings"]]
    Should Contain    ${codes}    other_voice

What a backup needs is made and taken away
    Shell    runagent -m ${module_id} module-dump-state 1
    Shell    runagent -m ${module_id} test -s data/backup.db
    Shell    runagent -m ${module_id} module-cleanup-state 1
    Shell    runagent -m ${module_id} test ! -e data/backup.db

It is saved, and restored beside itself
    ${made} =    Run action    cluster    add-backup
    ...    {"name": "monitor itself", "repository": "${repository}", "schedule": "daily", "schedule_hint": {}, "retention": 7, "instances": ["${module_id}"], "enabled": true}
    Shell    runagent -m node run-backup --backup ${made}
    ${uuid} =    Shell    redis-cli hget cluster/module_uuid ${module_id}
    ${before} =    Run action    module/${module_id}    list-reports
    ${out} =    Run action    cluster    restore-module
    ...    {"repository": "${repository}", "path": "backup-monitor/${uuid}", "snapshot": "", "node": 1, "replace": false}
    Set Suite Variable    ${restored_id}    ${out}[module_id]
    ${listed} =    Run action    module/${restored_id}    list-reports
    Should Be True    ${listed}[total] >= ${before}[total]
    ${found} =    Run action    module/${restored_id}    get-configuration
    Should Be Equal    ${found}[settings][mail][to]    ${{["admin@example.org"]}}
    ${codes} =    Evaluate    [warning["code"] for warning in $found["warnings"]]
    Should Contain    ${codes}    other_voice
    Run Keyword And Ignore Error    Run action    cluster    remove-backup    {"id": ${made}}

It is removed and leaves nothing behind
    Shell    remove-module --no-preserve ${module_id}
    ${left} =    Shell    redis-cli --raw --scan --pattern 'module/${module_id}/*'
    Should Be Empty    ${left}
    Shell    test ! -e /home/${module_id}
    Set Suite Variable    ${module_id}    ${EMPTY}
