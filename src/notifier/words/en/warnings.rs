//! What changes no outcome, in English.

use super::super::{WarningText, Words as _};
use super::{English, ago, is};

pub(super) fn text(words: &English, warning: WarningText<'_>) -> String {
    match warning {
        WarningText::NoFiles(name) => {
            format!("{name}: the backup is said to be fine, but it holds 0 files.")
        }
        WarningText::EndBeforeStart(name) => {
            format!("{name}: the status ends before it starts; no clock can be right here.")
        }
        WarningText::UnreadableKey(key, reason) => {
            format!("The Redis key {key} cannot be understood: {reason}.")
        }
        WarningText::GoneMembers(who) => format!(
            "The plan still names {}, which {} no longer in the cluster.",
            who.text,
            is(who)
        ),
        WarningText::HealthyModuleProbe(name, cause) => format!(
            "{name}: backed up, but its repository did not answer well{}.",
            cause.map_or_else(String::new, |c| format!(" ({})", words.answer(c)))
        ),
        WarningText::StaleLock(name, owner, since) => format!(
            "{name}: the repository has a stale lock. {}.",
            words.lock(owner, since, false)
        ),
        WarningText::LeftMembers(who) => format!(
            "{} left the plan or the cluster and {} not part of this run.",
            who.text,
            if who.several { "were" } else { "was" }
        ),
        WarningText::Unreported(who, at) => format!(
            "{}: a snapshot of this run{} exists, but the node could not report it; the cluster shows an old status.",
            who.text,
            at.map_or_else(String::new, |at| format!(", made {at},"))
        ),
        WarningText::Shrunk(name, before, now) => format!(
            "{name}: the backup holds {now}, less than half of the last good one ({before}). Check that nothing is missing in the application."
        ),
        WarningText::LongerThanInterval(took, interval) => format!(
            "The run took {took}, longer than the {interval} to the next one. NS8 starts no run while one is at work."
        ),
        WarningText::LongerThanUsual(took, usual) => {
            format!("The run took {took}, more than twice as long as usual ({usual}).")
        }
        WarningText::SkippedElapses(at) => format!(
            "The schedule fired at {} while the run was still at work: no run was started then.",
            at.text
        ),
        WarningText::UncoveredModules(who) => format!("In no backup plan: {}.", who.text),
        WarningText::SnapshotTooOld(name, success, newest) => format!(
            "{name}: by its status it was backed up on {success}, but {}.",
            match newest {
                Some(newest) => format!(
                    "the newest snapshot at the destination is of {}",
                    ago(newest)
                ),
                None => "there is no snapshot at the destination".to_owned(),
            }
        ),
        WarningText::OwnVpnSuspect => {
            "No other node answers. Most likely the VPN of the node on which this service runs is at fault, not the other nodes."
                .into()
        }
        WarningText::NodeZone(node, by, later) => format!(
            "Node {node} starts its runs {by} {} than the schedule says in this service's time zone: most likely its own zone is another. This is taken into account from now on.",
            if later { "later" } else { "earlier" }
        ),
        WarningText::ClockMoved(by, forward) => format!(
            "The clock of this machine was moved {} by {by}. Runs that seem to lie in between are not judged.",
            if forward { "forward" } else { "back" }
        ),
        WarningText::HistoryLost(file) => format!(
            "This service's database was damaged, and it began a new one. Earlier reports are no longer listed, mails that waited to be sent were not sent, and a failure that was already reported may be reported again. The damaged file lies in the state directory as {file}."
        ),
        WarningText::StaleReading(why, at) => format!(
            "The cluster could not be read the last time ({why}){}.",
            at.map_or_else(String::new, |at| format!(
                "; this is how it stood on {}",
                ago(at)
            ))
        ),
        WarningText::QueuedMails(1) => "1 mail waits for another attempt at delivery.".into(),
        WarningText::QueuedMails(n) => {
            format!("{n} mails wait for another attempt at delivery.")
        }
        WarningText::UndeliveredMails(1) => {
            "1 mail could not be delivered within the last 7 days.".into()
        }
        WarningText::UndeliveredMails(n) => {
            format!("{n} mails could not be delivered within the last 7 days.")
        }
    }
}
