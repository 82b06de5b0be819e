//! The outcome of a run, and whether its destination works.

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    DestinationHealth, JudgedMember, ModuleCause, Outcome, Probe, ProbeSet, RepoCause, RunKind,
    Severity,
};

/// How much later than the end that NS8 wrote a run's own snapshot may seem to
/// have been made: the clocks of node and destination differ, and times are
/// rounded. Retention, which makes none, comes after that end.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What became of a member, now that its repository was asked: a backup that
/// NS8 counts as failed although its snapshot is there failed after the backup;
/// one of which no status came and whose snapshot is there was not reported.
/// A snapshot made long after the run's end is another run's, and so is one that
/// another known backup explains: plans with the same destination share a
/// module's repository.
pub fn cause_of(member: &JudgedMember, probes: &ProbeSet) -> ModuleCause {
    use ModuleCause::{
        AfterBackup, BackupError, Missed, NeverRan, NodeUnreachable, NotFinished, Unreported,
    };
    let Some(probe) = probes.of(&member.id) else {
        return member.cause;
    };
    let during = |saved: Timestamp, (start, end): (Timestamp, Timestamp)| {
        saved >= start && saved.duration_since(end) <= TOLERANCE
    };
    let mut own = probe
        .saved_at()
        .filter(|saved| !member.others.iter().any(|other| during(*saved, *other)));
    let by_status = member
        .status
        .as_ref()
        .map(|status| (status.start, status.end.max(status.start)));
    match (member.cause, by_status, member.due) {
        (BackupError, Some(run), _) if own.any(|saved| during(saved, run)) => AfterBackup,
        (NotFinished | NodeUnreachable | Missed | NeverRan, _, Some(due))
            if own.any(|saved| saved >= due) =>
        {
            Unreported
        }
        (cause, ..) => cause,
    }
}

/// Whether the destination itself works, by all answers together. A repository
/// that nobody asked says nothing.
pub fn health(probes: &[Probe]) -> DestinationHealth {
    let asked: Vec<RepoCause> = probes
        .iter()
        .map(|probe| probe.cause)
        .filter(|cause| *cause != RepoCause::NotProbed)
        .collect();
    if !asked.is_empty() && asked.iter().all(|cause| cause.blames_destination()) {
        DestinationHealth::Failed
    } else if asked.iter().any(|cause| shows_that_it_works(*cause)) {
        DestinationHealth::Fine
    } else {
        DestinationHealth::NotChecked
    }
}

/// A repository that is gone or damaged says nothing good of the place that
/// lost it.
fn shows_that_it_works(cause: RepoCause) -> bool {
    matches!(
        cause,
        RepoCause::Reachable | RepoCause::Locked | RepoCause::Busy
    )
}

/// The outcome of a run. The README's "How it decides" tells it in words.
pub fn outcome(causes: &[ModuleCause], health: DestinationHealth, kind: RunKind) -> Outcome {
    let outcome = by_causes(causes, health);
    // What was started by hand for some applications says nothing of the others.
    if kind == RunKind::HandPart
        && outcome == Outcome::RepoFailure
        && health != DestinationHealth::Failed
    {
        return Outcome::Partial;
    }
    outcome
}

fn by_causes(causes: &[ModuleCause], health: DestinationHealth) -> Outcome {
    let any = |severity| causes.iter().any(|cause| cause.severity() == severity);
    let only_after_backup = || {
        causes
            .iter()
            .filter(|cause| cause.severity() == Severity::Bad)
            .all(|cause| *cause == ModuleCause::AfterBackup)
    };
    if health == DestinationHealth::Failed {
        Outcome::RepoFailure
    } else if !any(Severity::Bad) {
        if any(Severity::Good) {
            Outcome::Success
        } else {
            Outcome::RepoFailure
        }
    } else if any(Severity::Good) || only_after_backup() {
        Outcome::Partial
    } else {
        Outcome::RepoFailure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Layout, Module, ProbeMethod, Status};
    use ModuleCause::{AfterBackup, BackupError, NeverRan, NotDue, Ok};

    const UNKNOWN: DestinationHealth = DestinationHealth::NotChecked;

    fn outcome_of(causes: &[ModuleCause], health: DestinationHealth) -> Outcome {
        outcome(causes, health, RunKind::Scheduled)
    }

    fn answers(causes: &[RepoCause]) -> Vec<Probe> {
        causes
            .iter()
            .map(|cause| Probe {
                module: "mail1".into(),
                path: String::new(),
                cause: *cause,
                snapshots: None,
                newest: None,
                recent: Vec::new(),
                size: None,
                locks: Vec::new(),
                message: None,
                took_ms: 0,
            })
            .collect()
    }

    fn failed_from_1000_to(end: i64) -> JudgedMember {
        let at = |second| Timestamp::from_second(second).unwrap();
        let module = Module {
            name: None,
            node: None,
            uuid: "u".into(),
            no_data: false,
        };
        JudgedMember {
            status: Some(Status {
                start: at(1000),
                end: at(end),
                errors: 1,
                size: None,
                files: None,
                node: None,
                layout: Layout::A,
                message: None,
            }),
            ..JudgedMember::new("mail1".into(), module, BackupError)
        }
    }

    #[test]
    fn only_a_snapshot_of_this_very_run_means_that_it_failed_after_the_backup() {
        let cause = |end, newest| {
            let mut probes = ProbeSet {
                method: ProbeMethod::Restic,
                probes: answers(&[RepoCause::Reachable]),
                skipped: None,
                left_out: 0,
            };
            probes.probes[0].newest = Some(Timestamp::from_second(newest).unwrap());
            cause_of(&failed_from_1000_to(end), &probes)
        };
        for (end, newest, expected) in [
            (1090, 999, BackupError),
            (1090, 1000, AfterBackup),
            (1090, 1090, AfterBackup),
            (1090, 1090 + 300, AfterBackup),
            (1090, 1090 + 301, BackupError),
            (1090, 90_000, BackupError),
            // An end before the start says nothing about the end.
            (500, 1300, AfterBackup),
            (500, 1301, BackupError),
        ] {
            assert_eq!(cause(end, newest), expected, "ended {end}, newest {newest}");
        }
    }

    #[test]
    fn a_backup_without_a_status_whose_snapshot_is_there_was_not_reported() {
        use ModuleCause::{Busy, Missed, NodeUnreachable, NotFinished, Unreported};
        let cause = |cause, saved: &[i64], others: &[(i64, i64)]| {
            let at = |second| Timestamp::from_second(second).unwrap();
            let mut probes = ProbeSet {
                method: ProbeMethod::Restic,
                probes: answers(&[RepoCause::Reachable]),
                skipped: None,
                left_out: 0,
            };
            probes.probes[0].recent = saved.iter().map(|second| at(*second)).collect();
            probes.probes[0].newest = probes.probes[0].recent.first().copied();
            let member = JudgedMember {
                status: None,
                due: Some(at(1000)),
                others: others.iter().map(|(a, b)| (at(*a), at(*b))).collect(),
                cause,
                ..failed_from_1000_to(1090)
            };
            cause_of(&member, &probes)
        };
        for silent in [NotFinished, NodeUnreachable, Missed, NeverRan] {
            assert_eq!(cause(silent, &[1000], &[]), Unreported);
            assert_eq!(cause(silent, &[999], &[]), silent);
            assert_eq!(
                cause(silent, &[1500], &[(1400, 1450)]),
                silent,
                "another plan's"
            );
            assert_eq!(
                cause(silent, &[1500, 1100], &[(1400, 1450)]),
                Unreported,
                "its own, made before that of the next run"
            );
            assert_eq!(cause(silent, &[1500, 900], &[(1400, 1450)]), silent);
        }
        assert_eq!(cause(Busy, &[2000], &[]), Busy);
    }

    #[test]
    fn some_applications_by_hand_are_at_worst_partial_while_the_destination_works() {
        let of = |health, kind| outcome(&[BackupError], health, kind);
        assert_eq!(of(UNKNOWN, RunKind::HandPart), Outcome::Partial);
        assert_eq!(of(UNKNOWN, RunKind::HandWhole), Outcome::RepoFailure);
        let failed = DestinationHealth::Failed;
        assert_eq!(of(failed, RunKind::HandPart), Outcome::RepoFailure);
    }

    #[test]
    fn all_ok_is_success_and_one_bad_is_partial() {
        assert_eq!(outcome_of(&[Ok, Ok], UNKNOWN), Outcome::Success);
        assert_eq!(outcome_of(&[Ok, BackupError], UNKNOWN), Outcome::Partial);
        assert_eq!(outcome_of(&[Ok, NotDue], UNKNOWN), Outcome::Success);
    }

    #[test]
    fn none_ok_or_no_status_at_all_is_a_repository_failure() {
        assert_eq!(outcome_of(&[BackupError], UNKNOWN), Outcome::RepoFailure);
        assert_eq!(
            outcome_of(&[NeverRan, NeverRan], UNKNOWN),
            Outcome::RepoFailure
        );
        assert_eq!(outcome_of(&[], UNKNOWN), Outcome::RepoFailure);
    }

    #[test]
    fn it_stays_a_repository_failure_when_all_failed_and_the_destination_is_fine() {
        let health = DestinationHealth::Fine;
        assert_eq!(outcome_of(&[BackupError], health), Outcome::RepoFailure);
    }

    #[test]
    fn what_failed_after_the_backup_alone_never_makes_a_repository_failure() {
        assert_eq!(outcome_of(&[AfterBackup], UNKNOWN), Outcome::Partial);
        assert_eq!(
            outcome_of(&[AfterBackup, BackupError], UNKNOWN),
            Outcome::RepoFailure
        );
    }

    #[test]
    fn a_dead_destination_is_a_repository_failure_although_one_module_is_ok() {
        let health = DestinationHealth::Failed;
        assert_eq!(outcome_of(&[Ok, BackupError], health), Outcome::RepoFailure);
    }

    #[test]
    fn a_destination_has_failed_only_when_every_answer_blames_it() {
        use RepoCause::{
            Corrupt, Error, Forbidden, NotFound, NotProbed, Reachable, Timeout, Unreachable,
        };
        let of = |causes: &[RepoCause]| health(&answers(causes));
        assert_eq!(of(&[Unreachable, Timeout]), DestinationHealth::Failed);
        assert_eq!(of(&[Forbidden, NotProbed]), DestinationHealth::Failed);
        assert_eq!(of(&[Timeout, Reachable]), DestinationHealth::Fine);
        assert_eq!(of(&[Unreachable, Error]), DestinationHealth::NotChecked);
        assert_eq!(of(&[NotFound, Corrupt]), DestinationHealth::NotChecked);
        assert_eq!(of(&[]), DestinationHealth::NotChecked);
    }
}
