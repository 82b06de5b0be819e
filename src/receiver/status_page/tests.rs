use crate::model::{Language, ReportId, RunKind};

use super::*;

fn page() -> Page {
    Page {
        uptime: Duration::from_hours(77),
        database: Part {
            ok: true,
            error: None,
        },
        redis: Part {
            ok: false,
            error: Some("refused <b>".into()),
        },
        pending: Some(Pending {
            alerts: 2,
            deliveries: 3,
            undeliverable: 0,
        }),
        reports: vec![ReportSummary {
            id: ReportId(7),
            kind: ReportKind::Run,
            made_at: "2026-11-20T18:00:00Z".parse().unwrap(),
            plan: Some("1".into()),
            plan_name: Some("<script>alert('è')</script>\r\nSet-Cookie".into()),
            run: "r".into(),
            run_kind: RunKind::Scheduled,
            at: None,
            outcome: Outcome::Partial,
            bad: 1,
            counted: 2,
            mailed: true,
        }],
    }
}

fn html(language: Language) -> String {
    let zone = TimeZone::get("Europe/Rome").unwrap();
    page().html(words::of(language), &zone)
}

#[test]
fn the_page_tells_state_queues_and_last_reports() {
    let html = html(Language::En);
    for part in [
        "3 d 5 h",
        "<th>Database</th><td>works</td>",
        "<td class=\"bad\">refused &lt;b&gt;</td>",
        "answer</th><td>2</td>",
        "delivered</th><td>3</td>",
        "<td>7</td><td>2026-11-20 19:00</td>",
        "⚠️ Backup partially failed",
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
}

#[test]
fn a_hostile_plan_name_is_only_text() {
    let html = html(Language::En);
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(&#39;è&#39;)&lt;/script&gt;␍␊Set-Cookie"));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for mark in ["src=", "href=", "url(", "@import", "http"] {
        assert!(!html(Language::It).contains(mark), "{mark}");
    }
}

#[test]
fn the_page_speaks_italian() {
    let html = html(Language::It);
    assert!(html.contains("<html lang=\"it\">"));
    assert!(html.contains("Avvisi in attesa di risposta"));
    assert!(html.contains("3 g 5 h"));
}

#[test]
fn without_an_answer_of_the_database_the_rest_is_still_shown() {
    let mut page = page();
    page.pending = None;
    page.reports.clear();
    let html = page.html(words::of(Language::En), &TimeZone::UTC);
    assert!(html.contains("None yet."));
    assert!(!html.contains("delivered"));
}

#[test]
fn short_times_are_told_in_minutes() {
    let words = words::of(Language::En);
    assert_eq!(words.duration(Duration::from_secs(59)), "0 min");
    assert_eq!(words.duration(Duration::from_mins(182)), "3 h 2 min");
}
