//! What the program's own metrics are made of.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    DestinationId, ModuleId, NodeId, Outcome, Overview, PlanId, Probe, Reason, RepoCause, Report,
    ReportKind,
};

/// All that is measured, at one moment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How everything stands.
    pub overview: Overview,
    /// When the newest good run of each plan fired, where its strip does not
    /// reach back that far.
    pub good_runs: BTreeMap<PlanId, Timestamp>,
    /// Every application of every plan, once each.
    pub modules: Vec<ModuleFacts>,
    /// The newest answer of every repository that was ever asked; of several
    /// about one the last counts.
    pub repositories: Vec<RepositoryFacts>,
    /// How often things happened.
    pub totals: Totals,
    /// Whether the cluster was read when it was tried last.
    pub redis_reachable: bool,
    /// How many keys and fields could not be understood at the last read, by
    /// what is wrong with them.
    pub unreadable: BTreeMap<Reason, u64>,
}

/// One application in one plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleFacts {
    /// Which plan.
    pub plan: PlanId,
    /// Which application.
    pub module: ModuleId,
    /// Where it lives.
    pub node: Option<NodeId>,
    /// When its newest backup without errors ended; `None`: never, as far as
    /// it was seen.
    pub ok_at: Option<Timestamp>,
    /// Bytes then.
    pub size: Option<u64>,
    /// Seconds that its newest backup took.
    pub duration_s: Option<i64>,
    /// Whether it is all right: its newest status says ok, and no run since
    /// missed it.
    pub ok: bool,
}

/// What a repository answered last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// For which plan it was asked.
    pub plan: PlanId,
    /// Whose it is.
    pub module: ModuleId,
    /// Where it lies.
    pub destination: DestinationId,
    /// Whether its snapshots could be listed.
    pub reachable: bool,
    /// Milliseconds from the question to the answer.
    pub took_ms: u64,
    /// When it was asked.
    pub at: Timestamp,
}

/// How often things happened since the database was made; reads since the
/// program was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Alerts that came in and count.
    pub alerts: u64,
    /// Mails that a server took, one per recipient.
    pub mails_sent: u64,
    /// Mails that were given up or refused for good, one per recipient.
    pub mails_given_up: u64,
    /// Reports by their verdict.
    pub reports: BTreeMap<Outcome, u64>,
    /// Reads of the cluster that failed, by why.
    pub failed_reads: BTreeMap<ReadFailure, u64>,
}

/// Why the cluster could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadFailure {
    /// No connection, lost connection, no answer in time.
    Unreachable,
    /// Redis refused the account.
    Refused,
    /// Redis answered with an error, or with what makes no sense.
    Answer,
}

impl ReadFailure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unreachable, Self::Refused, Self::Answer];

    /// Its name as the metrics have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Answer => "answer",
        }
    }
}

impl Facts {
    /// Before anything is known.
    pub fn unknown(overview: Overview) -> Self {
        Self {
            overview,
            good_runs: BTreeMap::new(),
            modules: Vec::new(),
            repositories: Vec::new(),
            totals: Totals::default(),
            redis_reachable: false,
            unreadable: BTreeMap::new(),
        }
    }
}

impl RepositoryFacts {
    /// What the repositories of a report answered; of those that nobody asked
    /// there is nothing to tell.
    pub fn of(report: &Report) -> Vec<Self> {
        let (ReportKind::Run, Some(plan), Some(destination)) =
            (report.kind, &report.plan, &report.destination)
        else {
            return Vec::new();
        };
        let asked = |probe: &&Probe| probe.cause != RepoCause::NotProbed;
        destination
            .probes
            .iter()
            .filter(asked)
            .map(|probe| Self {
                plan: plan.id.clone(),
                module: probe.module.clone(),
                destination: destination.id.clone(),
                reachable: probe.cause == RepoCause::Reachable || probe.snapshots.is_some(),
                took_ms: probe.took_ms,
                at: report.made_at,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DestinationHealth, DestinationResult, PlanSummary, ProbeMethod, RunId};
    use super::*;

    fn probe(module: &str, cause: RepoCause, snapshots: Option<u64>) -> Probe {
        Probe {
            module: module.into(),
            path: String::new(),
            cause,
            snapshots,
            newest: None,
            recent: Vec::new(),
            size: None,
            locks: Vec::new(),
            message: None,
            took_ms: 340,
        }
    }

    #[test]
    fn a_locked_repository_whose_snapshots_are_seen_is_reachable() {
        let mut report = Report::blank(ReportKind::Run, RunId::from("r"), Timestamp::UNIX_EPOCH);
        report.plan = Some(PlanSummary {
            id: "1".into(),
            name: "Nightly".into(),
            schedule: "daily".into(),
            enabled: true,
        });
        report.destination = Some(DestinationResult {
            id: "d".into(),
            name: "NAS".into(),
            provider: "smb".into(),
            url: String::new(),
            health: DestinationHealth::Fine,
            method: ProbeMethod::Restic,
            skipped: None,
            probes: vec![
                probe("mail1", RepoCause::Locked, Some(3)),
                probe("samba1", RepoCause::Reachable, None),
                probe("n8n1", RepoCause::Timeout, None),
                probe("webtop1", RepoCause::NotProbed, None),
            ],
            left_out: 0,
        });
        let seen: Vec<(String, bool)> = RepositoryFacts::of(&report)
            .into_iter()
            .map(|facts| (facts.module.to_string(), facts.reachable))
            .collect();
        let expected = [("mail1", true), ("samba1", true), ("n8n1", false)];
        assert_eq!(seen, expected.map(|(id, ok)| (id.to_owned(), ok)));
    }
}
