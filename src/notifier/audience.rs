//! Who gets a report.

use crate::config;
use crate::model::{Mailbox, Report};

/// The plan's own recipients (`plans."<id>".to`) where it has some, else
/// `mail.to`. Never empty, because `mail.to` is not; without repetitions.
pub fn recipients(report: &Report, mail: &config::Mail, plans: &config::Plans) -> Vec<Mailbox> {
    let own = report
        .plan
        .as_ref()
        .and_then(|plan| plans.get(&plan.id))
        .map(|plan| plan.to.as_slice())
        .filter(|to| !to.is_empty());
    let mut recipients: Vec<Mailbox> = Vec::new();
    for to in own.unwrap_or(&mail.to) {
        if !recipients.contains(to) {
            recipients.push(to.clone());
        }
    }
    recipients
}
