use serde_json::{Value, json};

use super::*;
use crate::model::{Language, ModuleCause};
use crate::notifier::sample;

fn said(report: &Report, language: Language) -> Value {
    serde_json::to_value(Said::of(report, &sample::mail(language))).unwrap()
}

fn with(causes: &[ModuleCause]) -> Report {
    let mut report = sample::full();
    let members = causes.iter().enumerate();
    report.members = members
        .map(|(number, cause)| {
            let mut member = sample::member(*cause);
            member.module = format!("mail{number}").into();
            member
        })
        .collect();
    report
}

/// What a program shows beside these words can be in the same zone.
#[test]
fn the_zone_of_the_times_is_named_where_it_has_a_name() {
    let named = |zone: jiff::tz::TimeZone| {
        let mut mail = sample::mail(Language::En);
        mail.timezone = zone;
        serde_json::to_value(Said::of(&sample::full(), &mail)).unwrap()["timezone"].clone()
    };
    let rome = jiff::tz::TimeZone::get("Europe/Rome").unwrap();
    assert_eq!(named(rome), "Europe/Rome");
    let nameless = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
    assert_eq!(named(nameless), Value::Null);
}

#[test]
fn every_application_is_there_in_the_order_of_the_report() {
    let mut causes = vec![ModuleCause::BackupError; 3];
    causes.extend([ModuleCause::Ok; 200]);
    causes.push(ModuleCause::NotDue);
    let report = with(&causes);
    let said = said(&report, Language::En);
    let members = said["members"].as_array().unwrap();
    assert_eq!(members.len(), 204);
    for (told, member) in members.iter().zip(&report.members) {
        assert_eq!(told["module"], json!(member.module));
    }
    assert_eq!(members[2]["counts_as"], "bad");
    assert_eq!(members[2]["result"]["text"], "backup failed");
    assert_eq!(members[2]["result"]["tone"], "bad");
    assert_eq!(members[202]["counts_as"], "good");
    assert_eq!(members[203]["counts_as"], "not_at_all");
}

/// The rows that the mail shows are the same rows.
#[test]
fn an_application_reads_as_in_the_mail() {
    let report = with(&ModuleCause::ALL);
    for language in [Language::En, Language::It] {
        let view = super::super::of_report(&report, &sample::mail(language));
        let shown = view.modules.unwrap().groups.into_iter();
        let mut shown: Vec<Value> = shown
            .flat_map(|group| group.rows)
            .map(|row| serde_json::to_value(row).unwrap())
            .collect();
        for told in said(&report, language)["members"].as_array().unwrap() {
            let mut row = told.clone();
            row.as_object_mut().unwrap().remove("module");
            row.as_object_mut().unwrap().remove("counts_as");
            let place = shown.iter().position(|other| *other == row);
            shown.remove(place.unwrap_or_else(|| panic!("not in the mail: {row}")));
        }
        assert_eq!(shown, [Value::Null; 0]);
    }
}

#[test]
fn words_are_in_the_language_that_is_asked_for_and_are_not_escaped() {
    let mut report = with(&[ModuleCause::BackupError]);
    report.members[0].name = Some("<b>Posta & \"co\"</b>".to_owned());
    let italian = said(&report, Language::It);
    assert_eq!(italian["language"], "it");
    assert_eq!(italian["members"][0]["name"], "<b>Posta & \"co\"</b>");
    assert_ne!(italian["headline"], said(&report, Language::En)["headline"]);
    assert_eq!(italian["labels"]["node"], "Nodo");
}
