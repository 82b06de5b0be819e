//! Configuration, seen from where its values are used.

use std::collections::BTreeMap;

use ns8_backup_monitor::config::load_str;
use ns8_backup_monitor::repo_check;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever passes the check must never fail later, when a mail is built.
    #[test]
    fn an_address_that_passes_the_check_can_be_mailed_to(
        text in prop_oneof![
            "[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,12}@[a-z0-9.-]{1,14}",
            "[\\PC\r\n]{0,8}@?[\\PC\r\n]{0,8}",
        ],
    ) {
        let quoted = serde_json::to_string(&text).unwrap();
        let file = format!("mail: {{from: {quoted}, to: [a@example.org]}}\n");
        if let Ok(loaded) = load_str(&file, &BTreeMap::new()) {
            let address = loaded.config.mail.from;
            prop_assert_eq!(address.as_str(), &text);
            prop_assert!(text.parse::<lettre::Address>().is_ok(), "{}", text);
        }
    }

    /// Hostile text gives mistakes, never a panic, and never a forged line.
    #[test]
    fn any_text_is_answered_in_clean_lines(text in "[-a-z:{}\\[\\],&*!|>'\"#%@\n\t \\PC]{0,60}") {
        if let Err(errors) = load_str(&text, &BTreeMap::new()) {
            let shown = errors.to_string();
            prop_assert!(!errors.mistakes.is_empty());
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert_eq!(shown.lines().count(), errors.mistakes.len());
        }
    }
}

/// The label is the cluster's; everything else may have to come from the file.
#[test]
fn every_credential_that_a_probe_can_use_can_be_configured() {
    for field in repo_check::FIELDS.iter().filter(|field| **field != "name") {
        let file = format!(
            "mail: {{from: a@example.org, to: [a@example.org]}}\n\
             destinations: {{d-1: {{{field}: secret}}}}\n"
        );
        let loaded = load_str(&file, &BTreeMap::new()).map_err(|errors| errors.to_string());
        let destinations = loaded.unwrap().config.destinations;
        assert!(destinations[&"d-1".into()].contains_key(*field), "{field}");
    }
}
