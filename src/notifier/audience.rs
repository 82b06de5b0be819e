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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{PlanSettings, Plans};
    use crate::model::{Language, PlanId, ReportKind};
    use crate::notifier::sample;

    fn who(plan: Option<&str>, own: &[&str]) -> Vec<String> {
        let mut mail = sample::mail(Language::En);
        mail.to = ["admin@example.org", "team@example.net"]
            .map(Mailbox::new)
            .into();
        let to = own.iter().map(|to| Mailbox::new(*to)).collect();
        let plans = Plans::from([(
            PlanId::from("1"),
            PlanSettings {
                to,
                ..PlanSettings::default()
            },
        )]);
        let mut report = sample::bare(ReportKind::Run);
        report.plan = plan.map(|id| crate::model::PlanSummary {
            id: id.into(),
            ..sample::plan()
        });
        let recipients = recipients(&report, &mail, &plans);
        recipients.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plan_with_recipients_of_its_own_reaches_only_them() {
        let own = ["customer@example.com", "customer@example.com"];
        assert_eq!(who(Some("1"), &own), ["customer@example.com"]);
    }

    #[test]
    fn everything_else_reaches_everybody() {
        let all = ["admin@example.org", "team@example.net"];
        assert_eq!(who(Some("2"), &["customer@example.com"]), all);
        assert_eq!(who(None, &["customer@example.com"]), all);
        assert_eq!(who(Some("1"), &[]), all);
    }
}
