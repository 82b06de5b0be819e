"""What actions on reports have in common."""

from .answers import Mistakes, mistake

# Of the program: there is no such report.
NO_SUCH_REPORT = "there is no report"


def failure(answer, number):
    """Why a report could not be shown or mailed."""
    if NO_SUCH_REPORT in answer.told():
        message = f"there is no report {number} any more"
        return Mistakes(mistake("id", "no_such_report", None, message))
    return answer.failed()
