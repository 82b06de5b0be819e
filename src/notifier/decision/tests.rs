use super::*;
use crate::model::{MemberResult, ReportKind};
use ModuleCause::{BackupError, Missed, NotDue, NotFinished, Ok as Fine, Unreported};

const PLAN: [&str; 3] = ["mail1", "samba1", "webtop1"];

/// So many hours after the story began.
fn hour(hours: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + hours * 3600).unwrap()
}

fn result(module: &str, cause: ModuleCause) -> MemberResult {
    MemberResult {
        module: module.into(),
        name: None,
        node: None,
        node_name: None,
        cause,
        started: None,
        duration_s: None,
        size: None,
        files: None,
        at_risk_since: None,
        never_saved: false,
        ok_before: None,
        busy_with: None,
        detail: None,
        unreadable: None,
    }
}

/// A scheduled run, `hours` after the story began; who is not named is fine.
fn run(hours: i64, bad: &[(&str, ModuleCause)]) -> Report {
    let named = |module| bad.iter().find(|(name, _)| *name == module);
    let members =
        PLAN.map(|module| result(module, named(module).map_or(Fine, |(_, cause)| *cause)));
    of(hours, RunKind::Scheduled, members.to_vec())
}

/// A hand run of only those that are named.
fn by_hand(hours: i64, members: &[(&str, ModuleCause)]) -> Report {
    let members = members.iter().map(|(name, cause)| result(name, *cause));
    of(hours, RunKind::HandPart, members.collect())
}

fn of(hours: i64, kind: RunKind, members: Vec<MemberResult>) -> Report {
    let severities = members.iter().map(|member| member.cause.severity());
    let bad = severities.clone().filter(|s| *s == Severity::Bad).count();
    let good = severities.filter(|s| *s == Severity::Good).count();
    Report {
        run_kind: kind,
        at: Some(hour(hours)),
        outcome: match (bad, good) {
            (0, _) => Outcome::Success,
            (_, 0) => Outcome::RepoFailure,
            _ => Outcome::Partial,
        },
        members,
        ..Report::blank(
            ReportKind::Run,
            RunId::new(format!("{hours} h")),
            hour(hours + 1),
        )
    }
}

static NOBODY: BTreeSet<&ModuleId> = BTreeSet::new();

/// A plan's story, from decision to decision.
struct Story {
    condition: Condition,
    on: Occasion,
    mute_until: Option<Timestamp>,
    members: Vec<ModuleId>,
}

impl Story {
    fn new() -> Self {
        Self {
            condition: Condition::default(),
            on: Occasion::Failures,
            mute_until: None,
            members: PLAN.map(ModuleId::from).to_vec(),
        }
    }

    /// Whose last word was that `mail1` failed at the beginning.
    fn in_trouble() -> Self {
        let mut story = Self::new();
        let first = story.tell(&run(0, &[("mail1", BackupError)]));
        assert_eq!(first.motive, Some(Motive::Failure));
        story
    }

    fn tell(&mut self, report: &Report) -> Decision {
        self.decide(report, |_| {})
    }

    fn motive(&mut self, report: &Report) -> Option<Motive> {
        self.tell(report).motive
    }

    /// As [`Story::tell`], somebody having been alarmed.
    fn alarmed(&mut self, report: &Report) -> Decision {
        self.decide(report, |situation| situation.alarmed = true)
    }

    fn decide<'s>(
        &mut self,
        report: &'s Report,
        change: impl FnOnce(&mut Situation<'s>),
    ) -> Decision {
        let members: BTreeSet<&ModuleId> = self.members.iter().collect();
        let mut situation = Situation {
            report,
            corrects: None,
            at_start: false,
            alarmed: false,
            members: &NOBODY,
            on: self.on,
            reminder: SignedDuration::from_hours(20),
            mute_until: self.mute_until,
            now: report.made_at,
        };
        change(&mut situation);
        let situation = Situation {
            members: &members,
            ..situation
        };
        let decision = decide(&self.condition, &situation);
        self.condition = decision.condition.clone();
        decision
    }
}

fn since(hours: i64) -> Timestamp {
    hour(hours)
}

#[test]
fn the_first_failure_is_told_and_begins_a_thread() {
    let mut story = Story::new();
    assert_eq!(story.motive(&run(-24, &[])), None, "all is well");
    let first = story.tell(&run(0, &[("mail1", BackupError)]));
    assert_eq!(first.motive, Some(Motive::Failure));
    assert_eq!(first.thread, Some("0 h".into()));
    assert!(first.answered);
    let next = story.tell(&run(24, &[("mail1", BackupError)]));
    assert_eq!(next.thread, Some("0 h".into()), "one thread per trouble");
}

/// R2.5: only recorded until their elapses lie `notify.reminder_hours` apart,
/// whenever the runs ended.
#[test]
fn the_same_again_is_told_by_the_distance_of_the_elapses() {
    let same = [("mail1", BackupError)];
    for (hours, told) in [(1, false), (19, false), (20, true), (24, true)] {
        let mut story = Story::in_trouble();
        let mut report = run(hours, &same);
        report.made_at = hour(hours + 100);
        let expected = told.then_some(Motive::Reminder { since: since(0) });
        assert_eq!(story.motive(&report), expected, "{hours} h");
    }
}

/// R2.5: an hourly plan does not shout, and is reminded of from the last mail,
/// not from the last run.
#[test]
fn a_plan_that_is_bad_every_hour_speaks_every_twentieth_time() {
    let mut story = Story::in_trouble();
    let told: Vec<i64> = (1..=60)
        .filter(|hours| {
            story
                .motive(&run(*hours, &[("mail1", BackupError)]))
                .is_some()
        })
        .collect();
    assert_eq!(told, [20, 40, 60]);
}

#[test]
fn what_is_only_recorded_needs_no_answer_to_its_alert() {
    let mut story = Story::in_trouble();
    let again = story.alarmed(&run(1, &[("mail1", BackupError)]));
    assert_eq!((again.motive, again.answered), (None, true));
}

/// R2.5: a worse or different one is mailed at once.
#[test]
fn whatever_else_is_bad_now_is_told_at_once() {
    let worse: [&[(&str, ModuleCause)]; 4] = [
        &[("mail1", BackupError), ("samba1", BackupError)],
        &[("samba1", BackupError)],
        &[("mail1", NotFinished)],
        &[
            ("mail1", BackupError),
            ("samba1", BackupError),
            ("webtop1", BackupError),
        ],
    ];
    for bad in worse {
        let mut story = Story::in_trouble();
        let changed = story.tell(&run(1, bad));
        assert_eq!(changed.motive, Some(Motive::Changed { since: since(0) }));
        assert_eq!(changed.thread, Some("0 h".into()));
        assert_eq!(story.motive(&run(2, bad)), None, "then it is the same");
    }
}

#[test]
fn a_destination_that_failed_as_well_is_another_verdict() {
    let mut story = Story::in_trouble();
    let mut report = run(1, &[("mail1", BackupError)]);
    report.outcome = Outcome::RepoFailure;
    let changed = Some(Motive::Changed { since: since(0) });
    assert_eq!(story.motive(&report), changed);
}

/// R2.5: good again only when every module that was bad has reported ok since.
#[test]
fn a_recovery_comes_when_the_last_bad_one_is_ok_again() {
    let mut story = Story::new();
    story.tell(&run(0, &[("mail1", BackupError), ("samba1", BackupError)]));
    let better = story.motive(&run(24, &[("samba1", BackupError)]));
    assert_eq!(better, Some(Motive::Changed { since: since(0) }));
    // Not one of its modules is bad in this run, but samba1 is not in it.
    assert_eq!(story.motive(&by_hand(25, &[("mail1", Fine)])), None);
    assert!(story.condition.trouble.is_some());
    let recovery = story.tell(&by_hand(26, &[("samba1", Fine)]));
    assert_eq!(recovery.motive, Some(Motive::Recovery { since: since(0) }));
    assert_eq!(recovery.thread, Some("0 h".into()));
    assert_eq!(story.condition.trouble, None);
    assert_eq!(story.motive(&run(48, &[])), None, "once");
}

#[test]
fn what_is_not_due_is_no_recovery_and_what_is_unreported_is_one() {
    let mut story = Story::in_trouble();
    assert_eq!(story.motive(&run(24, &[("mail1", NotDue)])), None);
    assert!(story.condition.trouble.is_some());
    let recovery = Some(Motive::Recovery { since: since(0) });
    assert_eq!(story.motive(&run(48, &[("mail1", Unreported)])), recovery);
}

#[test]
fn who_left_the_plan_holds_up_no_recovery() {
    let mut story = Story::in_trouble();
    story.members.retain(|module| module.as_str() != "mail1");
    let rest = by_hand(24, &[("samba1", Fine), ("webtop1", Fine)]);
    let recovery = Some(Motive::Recovery { since: since(0) });
    assert_eq!(story.motive(&rest), recovery);
}

#[test]
fn a_new_trouble_after_a_recovery_begins_anew() {
    let mut story = Story::in_trouble();
    story.tell(&run(24, &[]));
    let again = story.tell(&run(48, &[("mail1", BackupError)]));
    assert_eq!(again.motive, Some(Motive::Failure), "no reminder");
    assert_eq!(again.thread, Some("48 h".into()));
}

/// A run by hand of some applications says the same when each of its bad ones
/// was told as bad in the same way.
#[test]
fn trying_again_in_vain_by_hand_is_nothing_new() {
    let mut story = Story::new();
    story.tell(&run(0, &[("mail1", BackupError), ("samba1", Missed)]));
    assert_eq!(story.motive(&by_hand(2, &[("mail1", BackupError)])), None);
    let other = story.motive(&by_hand(3, &[("samba1", BackupError)]));
    assert_eq!(other, Some(Motive::Changed { since: since(0) }));
}

#[test]
fn a_run_by_hand_that_fails_is_told_like_any_other() {
    let mut story = Story::new();
    let failed = by_hand(2, &[("mail1", BackupError)]);
    assert_eq!(story.motive(&failed), Some(Motive::Failure));
    assert_eq!(story.condition.trouble.unwrap().since, since(2));
}

/// R2.6.
#[test]
fn what_was_bad_at_the_first_look_is_marked_so() {
    let mut story = Story::new();
    let report = run(0, &[("mail1", BackupError)]);
    let found = story.decide(&report, |situation| situation.at_start = true);
    assert_eq!(found.motive, Some(Motive::FoundAtStart));
    assert_eq!(story.motive(&run(1, &[("mail1", BackupError)])), None);
}

/// R6.7: `notify.on: always`.
#[test]
fn every_run_is_told_where_that_is_wanted_and_news_stay_news() {
    let mut story = Story::new();
    story.on = Occasion::Always;
    assert_eq!(story.motive(&run(0, &[])), Some(Motive::Every));
    let bad = [("mail1", BackupError)];
    assert_eq!(story.motive(&run(1, &bad)), Some(Motive::Failure));
    assert_eq!(story.motive(&run(2, &bad)), Some(Motive::Every));
    let recovery = Some(Motive::Recovery { since: since(1) });
    assert_eq!(story.motive(&run(3, &[])), recovery);
}

/// R6.7: a firing alert that no report answers yet is answered by one, also
/// when the verdict is `SUCCESS`.
#[test]
fn who_was_alarmed_hears_that_all_is_well() {
    let mut story = Story::new();
    let answer = story.alarmed(&run(0, &[]));
    assert_eq!(
        (answer.motive, answer.answered),
        (Some(Motive::Answer), true)
    );
    assert_eq!(answer.thread, None);
    let quiet = story.tell(&run(24, &[]));
    assert_eq!((quiet.motive, quiet.answered), (None, false));
}

#[test]
fn while_others_are_bad_still_an_alert_on_a_good_run_is_answered() {
    let mut story = Story::in_trouble();
    let answer = story.alarmed(&by_hand(1, &[("samba1", Fine)]));
    assert_eq!(answer.motive, Some(Motive::Answer));
    assert!(answer.condition.trouble.is_some());
}

/// R4.3 (5): one further mail in the same thread only if the verdict changed.
#[test]
fn a_correction_is_told_only_if_the_verdict_changed() {
    let missed = run(0, &[("mail1", NotFinished)]);
    let before = signature(&missed);
    for (bad, told) in [
        (&[("mail1", NotFinished)][..], None),
        (&[("mail1", BackupError)][..], Some(Motive::Correction)),
        (&[][..], Some(Motive::Correction)),
    ] {
        let mut story = Story::new();
        story.tell(&missed);
        let report = run(0, bad);
        let corrected = story.decide(&report, |situation| situation.corrects = Some(&before));
        assert_eq!(corrected.motive, told, "{bad:?}");
        assert_eq!(corrected.thread, Some("0 h".into()));
        assert_eq!(corrected.condition.trouble.is_some(), !bad.is_empty());
    }
}

/// A late word on an earlier run does not hide what was said of a later one.
#[test]
fn a_correction_of_an_old_run_puts_off_no_reminder() {
    let mut story = Story::new();
    let first = run(0, &[("mail1", NotFinished)]);
    let before = signature(&first);
    story.tell(&first);
    story.tell(&run(24, &[("samba1", BackupError)]));
    let late = run(0, &[("mail1", BackupError)]);
    story.decide(&late, |situation| situation.corrects = Some(&before));
    let told = story.condition.trouble.clone().unwrap().told.unwrap();
    assert_eq!(told.at, hour(24));
}

/// R6.7: mute wins, and is named in the next report.
#[test]
fn a_muted_plan_is_silent_and_says_so_afterwards() {
    let mut story = Story::new();
    story.mute_until = Some(hour(100));
    let bad = [("mail1", BackupError)];
    let held_back = story.tell(&run(0, &bad));
    assert_eq!((held_back.motive, held_back.muted), (None, None));
    assert!(story.condition.trouble.as_ref().unwrap().told.is_none());
    story.tell(&run(24, &bad));
    let after = story.tell(&run(101, &bad));
    assert_eq!(after.motive, Some(Motive::Failure), "nothing was told yet");
    let until = hour(100);
    assert_eq!(
        after.muted,
        Some(Muted {
            until,
            held_back: 2
        })
    );
    assert_eq!(story.condition.muted, None, "named once");
}

#[test]
fn mute_wins_over_alarms_and_over_every_run() {
    let mut story = Story::new();
    (story.mute_until, story.on) = (Some(hour(100)), Occasion::Always);
    let muted = story.alarmed(&run(0, &[]));
    assert_eq!((muted.motive, muted.answered), (None, true));
    assert_eq!(
        story.alarmed(&run(24, &[("mail1", BackupError)])).motive,
        None
    );
}

#[test]
fn a_recovery_that_was_muted_is_told_later() {
    let mut story = Story::in_trouble();
    story.mute_until = Some(hour(30));
    assert_eq!(story.motive(&run(24, &[])), None);
    let later = story.tell(&run(48, &[]));
    assert_eq!(later.motive, Some(Motive::Recovery { since: since(0) }));
    assert_eq!(later.thread, Some("0 h".into()));
    assert_eq!(story.motive(&run(72, &[])), None, "once");
}

#[test]
fn a_trouble_that_came_and_went_unheard_needs_no_recovery() {
    let mut story = Story::new();
    story.mute_until = Some(hour(30));
    story.tell(&run(0, &[("mail1", BackupError)]));
    assert_eq!(story.motive(&run(24, &[])), None);
    assert_eq!(story.motive(&run(48, &[])), None, "of what nobody heard");
}

#[test]
fn a_recovery_that_is_owed_is_dropped_when_it_is_bad_again() {
    let mut story = Story::in_trouble();
    story.mute_until = Some(hour(30));
    story.tell(&run(24, &[]));
    let again = story.motive(&run(48, &[("mail1", BackupError)]));
    assert_eq!(again, Some(Motive::Failure));
    let recovery = Some(Motive::Recovery { since: since(48) });
    assert_eq!(story.motive(&run(72, &[])), recovery);
}
