//! Settings set by programs: what is shown, what a change makes of a file.

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::*;
use crate::config::load_str;
use crate::config::tests::{MINIMAL, SEED};

const NONE: SecretsSet = SecretsSet {
    webhook_token: false,
    smtp_password: false,
};

const BOTH: SecretsSet = SecretsSet {
    webhook_token: true,
    smtp_password: true,
};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

fn change(current: Option<&str>, change: Value) -> Applied {
    apply(current, &object(change), NONE)
}

#[track_caller]
fn changed(current: &str, to: Value) -> String {
    let applied = change(Some(current), to);
    assert_eq!(applied.mistakes, []);
    assert!(applied.changed);
    applied.text.unwrap()
}

#[track_caller]
fn unchanged(current: &str, to: Value) {
    let applied = change(Some(current), to);
    assert_eq!(applied.mistakes, []);
    assert_eq!(applied.text.as_deref(), Some(current));
    assert!(!applied.changed);
}

/// Field and code of every mistake.
#[track_caller]
fn mistakes(current: Option<&str>, to: Value) -> Vec<(String, Code)> {
    let applied = change(current, to);
    assert_eq!(applied.text, None);
    assert!(!applied.changed);
    applied
        .mistakes
        .into_iter()
        .map(|told| (told.field.unwrap_or_default(), told.code))
        .collect()
}

fn shown(text: &str) -> Value {
    settings(Some(text), NONE).settings.unwrap()
}

fn first() -> String {
    let first = json!({"mail": {"from": "a@example.org", "to": ["b@example.org"]}});
    change(None, first).text.unwrap()
}

#[test]
fn a_first_configuration_is_what_was_set_and_nothing_else() {
    let text = first();
    assert!(
        text.ends_with("mail:\n  from: \"a@example.org\"\n  to:\n    - \"b@example.org\"\n"),
        "{text}"
    );
    assert!(load_str(&text, &BTreeMap::new()).is_ok());
    unchanged(&text, json!({}));
    unchanged(
        &text,
        json!({"mail": {"from": "a@example.org", "to": ["b@example.org"]}}),
    );
}

#[test]
fn before_anything_is_set_every_setting_is_shown_and_the_two_are_missing() {
    for current in [None, Some(""), Some("# nothing\n"), Some("mail:\n")] {
        let answer = settings(current, NONE);
        let settings = answer.settings.unwrap();
        assert_eq!(settings, defaults().settings);
        assert_eq!(settings["mail"]["from"], Value::Null);
        assert_eq!(settings["mail"]["to"], json!([]));
        assert_eq!(settings["mail"]["language"], "en");
        assert_eq!(settings["correlator"]["wait_seconds"], 30);
        assert_eq!(settings["plans"], json!({}));
        let missing: Vec<_> = answer
            .mistakes
            .iter()
            .map(|told| (told.field.as_deref().unwrap(), told.code))
            .collect();
        let expected = [("mail.from", Code::Missing), ("mail.to", Code::Missing)];
        assert_eq!(missing, expected);
    }
}

#[test]
fn what_is_shown_can_be_set_again_and_changes_nothing() {
    for text in [MINIMAL, SEED, crate::config::EXAMPLE, &first()] {
        unchanged(text, shown(text));
    }
}

#[test]
fn every_key_is_either_shown_or_for_the_file_only() {
    let all = defaults();
    for key in keys::all() {
        let mut place = Some(&all.settings);
        for name in key.path().split('.') {
            place = place.and_then(|value| value.get(name));
        }
        let plans = key.path().starts_with("plans.");
        assert_eq!(
            place.is_some(),
            !key.file_only() && !plans,
            "{}",
            key.path()
        );
        assert_eq!(
            all.limits.contains_key(key.path()),
            !key.file_only(),
            "{}",
            key.path()
        );
    }
}

#[test]
fn nothing_that_runs_a_program_or_holds_a_secret_is_set_by_a_program() {
    let text = first();
    for (field, value) in [
        ("mail.templates", "/tmp/x"),
        ("mail.sendmail", "/bin/sh -c id"),
        ("mail.directory", "/tmp"),
        ("mail.smtp.password", "hunter2"),
        ("mail.smtp.password_file", "/etc/shadow"),
        ("mail.smtp.ca_file", "/tmp/ca.pem"),
        ("receiver.host", "0.0.0.0"),
        ("receiver.port", "1"),
        ("receiver.token", "hunter2"),
        ("receiver.token_file", "/etc/shadow"),
        ("redis.socket", "/tmp/x"),
        ("redis.address", "evil:6379"),
        ("redis.replica_address", "evil:6379"),
        ("repo_check.restic_flags", "--cacert=/x"),
        ("repo_check.restic", "/bin/sh"),
        ("repo_check.api_url", "http://evil/"),
        ("destinations.d1", "hunter2"),
        ("logging.file", "/etc/passwd"),
        ("state.dir", "/tmp"),
    ] {
        let nested = field
            .rsplit('.')
            .fold(json!(value), |value, name| json!({name: value}));
        let applied = change(Some(&text), nested);
        let [told] = &applied.mistakes[..] else {
            panic!("{field}: {:?}", applied.mistakes)
        };
        assert_eq!(told.field.as_deref(), Some(field));
        assert_eq!((told.code, &told.value), (Code::FileOnly, &None), "{field}");
    }
}

#[test]
fn what_only_the_file_sets_is_kept_and_not_shown() {
    let text = "\
redis: {address: \"127.0.0.1:6379\", poll_seconds: 60}
mail:
  to: [b@example.org]
  from: a@example.org
  sendmail: /usr/sbin/sendmail -t   # a remark
destinations:
  d1: {password: \"s3cret\\nline two\", url: \"b2:x\"}
receiver: {token: t0ken}
";
    let new = changed(text, json!({"mail": {"language": "it"}}));
    let loaded = load_str(&new, &BTreeMap::new()).unwrap().config;
    assert_eq!(loaded.mail.language, crate::model::Language::It);
    assert!(matches!(loaded.redis, crate::config::Redis::Tcp { .. }));
    assert_eq!(loaded.receiver.token.unwrap().expose_secret(), "t0ken");
    let destination = &loaded.destinations[&"d1".into()];
    assert_eq!(destination["password"].expose_secret(), "s3cret\nline two");
    let all = shown(text).to_string();
    for hidden in ["s3cret", "t0ken", "sendmail -t", "6379", "b2:x"] {
        assert!(!all.contains(hidden), "{hidden}");
    }
    assert_eq!(shown(text)["redis"], json!({"poll_seconds": 60}));
}

#[test]
fn a_file_stays_as_it_was_written_until_something_is_different() {
    let text = format!("# by hand\n{MINIMAL}notify: {{on: FAILURES}}  # as it is\n");
    unchanged(&text, json!({}));
    unchanged(
        &text,
        json!({"notify": {"on": "failures", "reminder_hours": 20}}),
    );
    unchanged(&text, json!({"notify": {"reminder_hours": null}}));
    let lost = [WarningCode::CommentsLost];
    let codes = |applied: &Applied| {
        let codes = applied.warnings.iter().map(|warned| warned.code);
        codes.collect::<Vec<_>>()
    };
    let applied = change(Some(&text), json!({"notify": {"reminder_hours": 24}}));
    assert_eq!(codes(&applied), lost);
    let new = applied.text.unwrap();
    assert!(new.contains("reminder_hours: 24"), "{new}");
    let again = change(Some(&new), json!({"notify": {"reminder_hours": 25}}));
    assert_eq!(codes(&again), [], "its own comments are no loss");
}

#[test]
fn the_same_settings_are_the_same_bytes_whatever_the_way_to_them() {
    let one = json!({
        "digest": {"enabled": true, "hour": 7},
        "plans": {"10": {"to": ["c@example.org"]}, "2": {"notify_on": "always"}},
        "mail": {"language": "it"},
    });
    let at_once = changed(&first(), one.clone());
    let mut step_by_step = first();
    for (name, value) in object(one).into_iter().rev() {
        step_by_step = changed(&step_by_step, json!({name: value}));
    }
    assert_eq!(step_by_step, at_once);
    let plans = at_once.find("\"2\":").unwrap()..at_once.find("\"10\":").unwrap();
    assert!(!plans.is_empty(), "by number: {at_once}");
}

#[test]
fn null_and_the_default_take_a_setting_out_of_the_file() {
    let before = first();
    let text = changed(
        &before,
        json!({"notify": {"on": "always", "reminder_hours": 5}}),
    );
    let text = changed(&text, json!({"notify": {"on": null}}));
    assert!(!text.contains("on:"), "{text}");
    assert_eq!(
        changed(&text, json!({"notify": {"reminder_hours": 20}})),
        before
    );
    let text = changed(&before, json!({"digest": {"enabled": true, "hour": 0}}));
    assert_eq!(changed(&text, json!({"digest": null})), before);
}

#[test]
fn plans_are_set_one_by_one() {
    let before = first();
    let text = changed(
        &before,
        json!({"plans": {
            "1": {"to": ["c@example.org"], "mute_until": "2030-12-24"},
            "2": {"notify_on": "always"},
        }}),
    );
    assert_eq!(
        shown(&text)["plans"],
        json!({
            "1": {"to": ["c@example.org"], "notify_on": null, "mute_until": "2030-12-24"},
            "2": {"to": [], "notify_on": "always", "mute_until": null},
        })
    );
    let text = changed(&text, json!({"plans": {"1": {"to": []}}}));
    assert_eq!(shown(&text)["plans"]["1"]["to"], json!([]));
    let text = changed(&text, json!({"plans": {"1": null}}));
    assert_eq!(object(shown(&text)["plans"].clone()).len(), 1);
    unchanged(&text, json!({"plans": {"7": null, "8": {"to": null}}}));
    assert_eq!(
        changed(&text, json!({"plans": {"2": {"notify_on": null}}})),
        before
    );
    assert_eq!(changed(&text, json!({"plans": null})), before);
}

#[test]
fn zones_are_one_for_all_or_one_for_each_node() {
    let before = first();
    let one = changed(&before, json!({"schedule": {"timezone": "Europe/Rome"}}));
    assert_eq!(shown(&one)["schedule"]["timezone"], "Europe/Rome");
    let zones = json!({"10": "UTC", "2": "Europe/Rome"});
    let each = changed(&one, json!({"schedule": {"timezone": zones}}));
    assert_eq!(shown(&each)["schedule"]["timezone"], zones);
    unchanged(&each, json!({"schedule": {"timezone": zones}}));
    assert_eq!(
        changed(&each, json!({"schedule": {"timezone": {}}})),
        before
    );
    let wrong = json!({"schedule": {"timezone": {"2": "Mars/Base", "x": "UTC"}}});
    assert_eq!(
        mistakes(Some(&before), wrong),
        [
            ("schedule.timezone.2".to_owned(), Code::NotAZone),
            ("schedule.timezone.x".to_owned(), Code::NotANode),
        ]
    );
}

#[test]
fn every_mistake_is_told_at_once_by_field_and_code() {
    let wrong = json!({
        "mail": {
            "from": "me",
            "to": ["a@example.org", "b", 3],
            "language": "de",
            "subjekt_prefix": "x",
            "admin_url": "https://user:hunter2@example.org/",
            "timezone": "Europe/Roma",
            "smtp": {"host": "a b", "port": 0, "tls_verify": "yes"},
            "subject_prefix": "a\nb",
        },
        "notify": {"reminder_hours": "20"},
        "history": {"days": 0},
        "plans": {"3": {"to": ["x"], "mute_until": "soon"}, "4": 5},
        "digest": [],
    });
    let applied = change(None, wrong);
    let told: Vec<_> = applied
        .mistakes
        .iter()
        .map(|told| {
            let field = told.field.as_deref().unwrap();
            (field, told.code, told.value.clone().unwrap_or_default())
        })
        .collect();
    let mut expected = vec![
        ("mail.from", Code::NotAnAddress, json!("me")),
        ("mail.to.1", Code::NotAnAddress, json!("b")),
        ("mail.to.2", Code::NotAnAddress, json!(3)),
        ("mail.language", Code::NotOneOf, json!("de")),
        ("mail.subjekt_prefix", Code::UnknownKey, Value::Null),
        ("mail.admin_url", Code::NotAUrl, Value::Null),
        ("mail.timezone", Code::NotAZone, json!("Europe/Roma")),
        ("mail.smtp.host", Code::NotAHost, json!("a b")),
        ("mail.smtp.port", Code::OutOfRange, json!(0)),
        ("mail.smtp.tls_verify", Code::NotTrueOrFalse, json!("yes")),
        ("mail.subject_prefix", Code::ControlCharacter, json!("a\nb")),
        ("notify.reminder_hours", Code::NotAWholeNumber, json!("20")),
        ("history.days", Code::OutOfRange, json!(0)),
        ("plans.3.to.0", Code::NotAnAddress, json!("x")),
        ("plans.3.mute_until", Code::NotAMoment, json!("soon")),
        ("plans.4", Code::WrongKind, Value::Null),
        ("digest", Code::WrongKind, Value::Null),
    ];
    for one in &told {
        assert!(expected.contains(one), "{one:?}");
        expected.retain(|other| other != one);
    }
    assert_eq!(expected, []);
    let all = serde_json::to_string(&applied).unwrap();
    assert!(!all.contains("hunter2"), "{all}");
    let from = applied
        .mistakes
        .iter()
        .find(|told| told.field.as_deref() == Some("mail.from"));
    assert!(from.unwrap().message.contains("has no @"));
}

#[test]
fn an_empty_list_of_recipients_is_a_mistake() {
    let empty = json!({"mail": {"to": []}});
    let expected = [("mail.to".to_owned(), Code::EmptyList)];
    assert_eq!(mistakes(Some(&first()), empty), expected);
}

#[test]
fn a_wrong_value_of_the_file_is_shown_and_can_be_put_right() {
    let text = "mail: {from: me, to: [b@example.org]}\n";
    let answer = settings(Some(text), NONE);
    assert_eq!(answer.settings.unwrap()["mail"]["from"], "me");
    assert_eq!(answer.mistakes.len(), 1);
    assert_eq!(
        mistakes(Some(text), json!({})),
        [("mail.from".to_owned(), Code::NotAnAddress)]
    );
    changed(text, json!({"mail": {"from": "me@example.org"}}));
}

#[test]
fn a_file_that_cannot_be_read_is_never_overwritten() {
    for (text, code) in [
        ("mail: {from: \"a\n", Code::NotYaml),
        ("mail: &x {from: a@example.org}\n", Code::NotSupported),
    ] {
        let answer = settings(Some(text), NONE);
        assert_eq!(answer.settings, None);
        assert_eq!(answer.mistakes[0].code, code);
        assert!(answer.mistakes[0].message.contains("line "), "{answer:?}");
        let all = json!({"mail": {"from": "a@example.org", "to": ["b@example.org"]}});
        assert_eq!(mistakes(Some(text), all), [(String::new(), code)]);
    }
    for (text, field, code) in [
        ("colour: red\n", "colour", Code::UnknownKey),
        (
            "mail: {language: en, language: it}\n",
            "mail.language",
            Code::DuplicateKey,
        ),
    ] {
        let all = json!({"mail": {"from": "a@example.org", "to": ["b@example.org"]}});
        assert_eq!(mistakes(Some(text), all), [(field.to_owned(), code)]);
    }
}

#[test]
fn secrets_are_named_where_they_are_set() {
    let smtp = json!({"mail": {
        "transport": "smtp",
        "smtp": {"host": "smtp.example.org", "username": "u"},
    }});
    let applied = apply(Some(&first()), &object(smtp.clone()), BOTH);
    assert_eq!(applied.mistakes, []);
    let text = applied.text.unwrap();
    for file in [WEBHOOK_TOKEN_FILE, SMTP_PASSWORD_FILE] {
        assert!(text.contains(file), "{text}");
    }
    let again = apply(Some(&text), &Map::new(), BOTH);
    assert_eq!(
        (again.changed, again.text.as_deref()),
        (false, Some(text.as_str()))
    );
    let answer = settings(Some(&text), BOTH);
    assert_eq!((answer.mistakes.len(), answer.warnings.len()), (0, 0));
    assert!(!answer.settings.unwrap().to_string().contains("secrets/"));

    let neither = apply(
        Some(&text),
        &object(json!({"mail": {"smtp": {"username": null}}})),
        NONE,
    );
    let text = neither.text.unwrap();
    assert!(!text.contains("secrets/"), "{text}");
    let without = apply(Some(&first()), &object(smtp), NONE);
    let [told] = &without.mistakes[..] else {
        panic!("{:?}", without.mistakes)
    };
    assert_eq!(told.field.as_deref(), Some("mail.smtp.username"));
    assert_eq!(told.code, Code::NeedsOther);
    let nobody = json!({"mail": {"transport": "smtp", "smtp": {"host": "smtp.example.org"}}});
    let without = apply(Some(&first()), &object(nobody), BOTH);
    assert_eq!(without.mistakes[0].field.as_deref(), Some("smtp_password"));
}

#[test]
fn a_secret_of_the_file_is_kept_until_another_one_is_set() {
    for of_the_file in ["token: abc", "token_file: /root/token"] {
        let text = format!("{MINIMAL}receiver: {{{of_the_file}}}\n");
        unchanged(&text, json!({}));
        let applied = apply(Some(&text), &Map::new(), BOTH);
        assert_eq!(applied.mistakes, []);
        let codes: Vec<_> = applied.warnings.iter().map(|warned| warned.code).collect();
        assert!(
            codes.contains(&WarningCode::SecretReplaced),
            "{:?}",
            applied.warnings
        );
        let new = applied.text.unwrap();
        assert!(
            new.contains(WEBHOOK_TOKEN_FILE) && !new.contains("abc"),
            "{new}"
        );
        assert!(!new.contains("/root/token"), "{new}");
    }
}

#[test]
fn every_text_survives_the_file() {
    for prefix in [
        "",
        "yes",
        "5",
        "0x1f",
        "~",
        "a: b # c",
        "\"q\" \\ 'q'",
        "é 漢 \u{1f600}",
        "- x",
        "\u{2028}",
    ] {
        let wanted = json!({"mail": {"subject_prefix": prefix}});
        let text = changed(&first(), wanted.clone());
        assert_eq!(shown(&text)["mail"]["subject_prefix"], prefix);
        unchanged(&text, wanted);
    }
    let plan = "a\"b\\c'\n";
    let text = changed(&first(), json!({"plans": {plan: {"notify_on": "always"}}}));
    assert_eq!(shown(&text)["plans"][plan]["notify_on"], "always");
}

#[test]
fn more_than_a_file_may_hold_is_refused() {
    let many: Vec<String> = (0..30_000).map(|n| format!("a{n}@example.org")).collect();
    assert_eq!(
        mistakes(Some(&first()), json!({"mail": {"to": many}})),
        [(String::new(), Code::NotSupported)]
    );
    let wrong = vec!["x"; 5000];
    assert_eq!(
        mistakes(None, json!({"mail": {"to": wrong}})).len(),
        MOST_MISTAKES
    );
}

#[test]
fn a_switched_off_digest_is_no_warning_and_an_idle_command_is_one() {
    let text = format!("{MINIMAL}digest: {{hour: 7}}\n");
    assert_eq!(settings(Some(&text), NONE).warnings, []);
    let text = "mail: {from: a@example.org, to: [b@example.org], sendmail: /bin/x}\n";
    let warnings = settings(Some(text), NONE).warnings;
    assert_eq!(warnings[0].field.as_deref(), Some("mail.sendmail"));
    assert_eq!(warnings[0].code, WarningCode::NotUsed);
}

#[test]
fn limits_say_what_a_form_needs() {
    let limits = defaults().limits;
    let json = |path: &str| serde_json::to_value(&limits[path]).unwrap();
    assert_eq!(
        json("correlator.wait_seconds"),
        json!({"kind": "number", "list": false, "min": 0, "max": 3600, "values": []})
    );
    assert_eq!(
        json("mail.language"),
        json!({"kind": "choice", "list": false, "min": null, "max": null, "values": ["en", "it"]})
    );
    let address = json!({"kind": "address", "list": true, "min": null, "max": null, "values": []});
    assert_eq!(json("mail.to"), address);
    assert_eq!(json("plans.*.to"), address);
    assert!(
        defaults()
            .timezones
            .iter()
            .any(|zone| zone == "Europe/Rome")
    );
}
