//! What became of an application, in English.

use super::super::Names;
use super::is;
use crate::model::ModuleCause;

pub(super) fn why(cause: ModuleCause, who: Names<'_>, by: Option<&str>) -> String {
    let names = who.text;
    let node = |other: &str| by.map_or_else(|| other.to_owned(), |node| format!("node {node}"));
    match cause {
        ModuleCause::Ok => format!("{names}: backed up."),
        ModuleCause::BackupError => format!("{names}: the backup itself ended with errors."),
        ModuleCause::AfterBackup => format!(
            "{names}: the snapshot {} and is safe; what follows it (retention or statistics) failed.",
            by.map_or_else(|| "was made".to_owned(), |at| format!("of {at} is there"))
        ),
        ModuleCause::Unreported => {
            format!("{names}: backed up, but the node could not report it.")
        }
        ModuleCause::NotFinished => format!(
            "{names}: no result came in time. Most likely {} restarted, or the run was stopped.",
            node("the node")
        ),
        ModuleCause::Busy => format!(
            "{names}: the backup of {} was still running, so this one was given up.",
            by.map_or_else(|| "another plan".to_owned(), |plan| format!("plan {plan}"))
        ),
        ModuleCause::NodeUnreachable => format!("{names}: {} does not answer.", node("the node")),
        ModuleCause::Missed => format!(
            "{names}: the backup on {} did not start, or was stopped before its first application ended.",
            node("the node")
        ),
        ModuleCause::NeverRan => format!("{names}: never ran in this plan."),
        ModuleCause::Unreadable => {
            format!("{names}: there is a status, but it cannot be understood.")
        }
        ModuleCause::NotDue => format!("{names}: joined the plan after the run had begun."),
        ModuleCause::Excluded => format!("{names}: {} in no plan.", is(who)),
    }
}

pub(super) fn result(cause: ModuleCause) -> &'static str {
    match cause {
        ModuleCause::Ok => "ok",
        ModuleCause::BackupError => "backup failed",
        ModuleCause::AfterBackup => "saved, then failed",
        ModuleCause::Unreported => "saved, not reported",
        ModuleCause::NotFinished => "not finished",
        ModuleCause::Busy => "busy with another plan",
        ModuleCause::NodeUnreachable => "node unreachable",
        ModuleCause::Missed => "missed",
        ModuleCause::NeverRan => "never ran",
        ModuleCause::Unreadable => "status unreadable",
        ModuleCause::NotDue => "not due yet",
        ModuleCause::Excluded => "in no plan",
    }
}
