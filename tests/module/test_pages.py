"""The pages of the cluster-admin against the real actions and the real service: from
the first visit to a failed run and its recovery."""

import os
import subprocess

from support import pages
from support.node import ROOT


def test_the_pages_go_with_the_actions_and_the_service(instance, cluster, smtp):
    cluster.smarthost(smtp.ports["plain"])
    smtp.forget()
    with pages.serve(instance, cluster) as address:
        done = subprocess.run(
            ["npm", "--prefix", str(ROOT / "ui"), "run", "--silent", "test:real"],
            env=os.environ | {"NBM_INSTANCE": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout.decode()}\n{instance.log()}"
    # The test mail, the failure, and that all is well again.
    smtp.wait_for(3, 90)
