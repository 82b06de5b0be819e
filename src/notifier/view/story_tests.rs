use super::super::{View, of_report};
use crate::model::{Language, Outcome, Report};
use crate::notifier::sample;

fn told(report: &Report, language: Language) -> View {
    of_report(report, &sample::mail(language))
}

#[test]
fn a_plan_without_applications_is_not_told_as_one_without_a_status() {
    let report = Report {
        outcome: Outcome::RepoFailure,
        members: Vec::new(),
        destination: None,
        ..sample::full()
    };
    for (language, word) in [
        (Language::En, "backs up no application"),
        (Language::It, "non salva alcuna applicazione"),
    ] {
        let said = told(&report, language).what;
        assert!(said.contains(word), "{said}");
    }
}
