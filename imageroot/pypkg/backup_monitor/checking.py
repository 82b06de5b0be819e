"""run-check."""

import json

import agent

from . import program
from .answers import Mistakes, mistake

# 2,000 repositories, four at a time, each with a minute, and more than anybody
# waits for.
SECONDS = 3600
# Exit codes of the program: outcomes, and that it could not tell.
OUTCOMES = (0, 1, 2)
NO_SUCH_PLAN = "the cluster has no plan"
NOTHING = "there is nothing to check"


def check(request):
    """Runs the check and tells how far it is."""
    wanted = [f"--plan={request['plan']}"] if "plan" in request else []
    wanted += ["--notify"] if request.get("notify") else []
    wanted += [f"--language={request['language']}"] if "language" in request else []
    answer = program.ask(
        "check", "--format", "json", "--progress=json", *wanted, seconds=SECONDS, on_line=_Progress()
    )
    if answer.code not in OUTCOMES or not answer.output:
        if NO_SUCH_PLAN in answer.told():
            message = f"there is no plan {request['plan']}"
            raise Mistakes(mistake("plan", "no_such_plan", None, message))
        raise answer.failed("nothing_to_check" if NOTHING in answer.told() else "service_failed")
    return answer.json()


class _Progress:
    """Passes the program's progress on to the agent."""

    def __init__(self):
        self.told = 0

    def __call__(self, line):
        try:
            share = json.loads(line)["progress"]
        except (ValueError, KeyError, TypeError):
            return False
        # 100 is said by the agent itself, when the step is done.
        percent = min(99, max(0, int(share)))
        if percent > self.told:
            self.told = percent
            agent.set_progress(percent)
        return True
