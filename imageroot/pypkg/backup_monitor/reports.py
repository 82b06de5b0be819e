"""What actions on reports have in common."""

from .answers import Trouble

# Of the program: there is no such report.
NO_SUCH_REPORT = "there is no report"


def failure(answer, number):
    """Why a report could not be shown or mailed."""
    if NO_SUCH_REPORT in answer.told():
        return Trouble("no_such_report", f"there is no report {number} any more", field="id")
    return answer.failed()
