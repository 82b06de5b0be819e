use jiff::tz::TimeZone;

use super::*;
use crate::config::{Mail, Transport};
use crate::model::{
    Attention, Identity, Language, Mailbox, Module, ModuleCause, NodeId, OpenMark, Outcome,
    PlanOverview, PlanSummary, RunKind, RunMark, Standing, UncoveredModule,
};

fn at(text: &str) -> Timestamp {
    format!("{text}:00+01:00").parse().unwrap()
}

fn mail(language: Language) -> Mail {
    Mail {
        from: Mailbox::new("a@example.org"),
        to: vec![Mailbox::new("b@example.org")],
        subject_prefix: String::new(),
        language,
        timezone: TimeZone::get("Europe/Rome").unwrap(),
        admin_url: None,
        templates: None,
        transport: Transport::Smarthost,
    }
}

fn run(when: &str, outcome: Option<Outcome>, bad: usize) -> RunMark {
    RunMark {
        report: None,
        run: "r".into(),
        kind: RunKind::Scheduled,
        at: at(when),
        took_s: Some(60),
        outcome,
        bad,
        counted: 7,
    }
}

fn summary(id: &str, name: &str) -> PlanSummary {
    PlanSummary {
        id: id.into(),
        name: name.into(),
        schedule: "daily".into(),
        enabled: true,
    }
}

fn plan(id: &str, name: &str, standing: Standing, strip: Vec<RunMark>) -> PlanOverview {
    PlanOverview {
        plan: summary(id, name),
        destination: None,
        destination_name: None,
        standing,
        bad_since: None,
        applications: 7,
        last: strip.last().cloned(),
        open: None,
        next: None,
        muted_until: None,
        attention: Vec::new(),
        strip,
    }
}

fn overview(plans: Vec<PlanOverview>) -> Overview {
    Overview {
        read_at: Some(at("2026-11-26T06:55")),
        voice: true,
        plans,
        ..Overview::unknown(at("2026-11-26T06:55"))
    }
}

/// A cluster in which everything is to be told.
fn troubled() -> Overview {
    let strip = vec![
        run("2026-11-23T02:00", Some(Outcome::Success), 0),
        run("2026-11-24T02:00", Some(Outcome::RepoFailure), 7),
        run("2026-11-25T02:00", None, 0),
        run("2026-11-26T02:00", Some(Outcome::Partial), 2),
    ];
    let mut bad = plan("1", "Nightly", Standing::Bad, strip);
    bad.bad_since = Some(at("2026-11-24T02:00"));
    bad.next = Some(at("2026-11-27T02:00"));
    bad.muted_until = Some(at("2026-11-27T00:00"));
    bad.attention = vec![
        Attention {
            module: "mail1".into(),
            name: Some("Posta \u{1b}[31m".into()),
            node: Some(NodeId(1)),
            cause: ModuleCause::BackupError,
            ok_at: Some(at("2026-11-23T02:10")),
        },
        Attention {
            module: "samba1".into(),
            name: None,
            node: None,
            cause: ModuleCause::NeverRan,
            ok_at: None,
        },
    ];
    let hand = RunMark {
        kind: RunKind::HandPart,
        ..run("2026-11-25T18:30", Some(Outcome::Success), 0)
    };
    let mut good = plan("2", "Weekly", Standing::Good, vec![hand]);
    good.open = Some(OpenMark {
        at: at("2026-11-26T06:00"),
        kind: RunKind::Scheduled,
        members: 7,
        reported: 3,
        failed: 1,
    });
    let mut overview = overview(vec![
        bad,
        good,
        plan("3", "Old", Standing::Disabled, vec![]),
    ]);
    overview.cluster_name = Some("Studio Rossi".into());
    overview.uncovered = vec![UncoveredModule {
        module: "wiki1".into(),
        name: Some("Wiki".into()),
        node: Some(NodeId(2)),
        plan: Some(summary("1", "Nightly")),
        since: Some(at("2026-11-20T10:00")),
    }];
    overview.queued_mails = 1;
    overview.undelivered_mails = 2;
    overview
}

fn text(overview: &Overview, language: Language) -> String {
    Page::new(overview, true, &mail(language)).text()
}

#[test]
fn everything_is_told_in_english() {
    insta::assert_snapshot!(text(&troubled(), Language::En), @r"
    Studio Rossi: 1 of 2 backup plans is failing.
    Read from the cluster on 26 Nov 2026 06:55 CET.

    STATE                                                    PLAN         LAST RUN                    NEXT RUN      RUNS
    ❌ failing since 24 Nov 02:00, muted until 27 Nov 00:00  Nightly (1)  26 Nov 02:00 2 of 7 failed  27 Nov 02:00  +X?!
    ✅ good                                                  Weekly (2)   25 Nov 18:30 ok (by hand)   –             +
    ⚪ switched off                                          Old (3)      never                       –

    Runs, the newest last: + all good, ! partly failed, X failed, ? not known.

    ▶ Weekly (2) is running since 26 Nov 06:00: 3 of 7 applications reported, 1 of them with errors.

    Applications that need attention:

    APPLICATION          PLAN         NODE  WHAT           LAST GOOD BACKUP
    Posta ␛[31m (mail1)  Nightly (1)  1     backup failed  23 Nov 02:10
    samba1               Nightly (1)  –     never ran      –

    Applications that no plan backs up:

    APPLICATION   NODE  LAST PLAN    WITHOUT SINCE
    Wiki (wiki1)  2     Nightly (1)  20 Nov 10:00

    1 mail waits for another attempt.
    2 mails could not be delivered in the last 7 days.
    ");
}

#[test]
fn everything_is_told_in_italian() {
    insta::assert_snapshot!(text(&troubled(), Language::It), @r"
    Studio Rossi: 1 piano di backup su 2 è in errore.
    Letto dal cluster il 26 nov 2026 06:55 CET.

    STATO                                                           PIANO        ULTIMA ESECUZIONE                 PROSSIMA      ESECUZIONI
    ❌ in errore dal 24 nov 02:00, silenziato fino al 27 nov 00:00  Nightly (1)  26 nov 02:00 2 su 7 fallite       27 nov 02:00  +X?!
    ✅ a posto                                                      Weekly (2)   25 nov 18:30 ok (avviata a mano)  –             +
    ⚪ disattivato                                                  Old (3)      mai                               –

    Esecuzioni, l'ultima a destra: + tutto a posto, ! in parte fallita, X fallita, ? non nota.

    ▶ Weekly (2) è in esecuzione dal 26 nov 06:00: 3 applicazioni su 7 hanno un esito, 1 con errori.

    Applicazioni che richiedono attenzione:

    APPLICAZIONE         PIANO        NODO  ESITO           ULTIMO BACKUP RIUSCITO
    Posta ␛[31m (mail1)  Nightly (1)  1     backup fallito  23 nov 02:10
    samba1               Nightly (1)  –     mai eseguita    –

    Applicazioni che nessun piano salva:

    APPLICAZIONE  NODO  ULTIMO PIANO  SENZA PIANO DAL
    Wiki (wiki1)  2     Nightly (1)   20 nov 10:00

    1 messaggio attende un altro tentativo.
    2 messaggi non sono stati recapitati negli ultimi 7 giorni.
    ");
}

/// The first lines for plans that stand like this.
fn head(standings: &[Standing], language: Language) -> String {
    let plans = standings
        .iter()
        .map(|standing| plan("1", "Nightly", *standing, vec![]))
        .collect();
    let text = text(&overview(plans), language);
    text.lines().next().unwrap().to_owned()
}

#[test]
fn one_sentence_says_how_all_stands() {
    use Standing::{Bad, Disabled, Empty, Good, Unknown};
    let cases: [(&[Standing], &str, &str); 9] = [
        (
            &[],
            "There is no backup plan.",
            "Non c'è alcun piano di backup.",
        ),
        (
            &[Disabled, Empty],
            "No backup plan is at work: each is switched off or has no application.",
            "Nessun piano di backup è attivo: ognuno è disattivato o senza applicazioni.",
        ),
        (
            &[Unknown, Disabled],
            "No run of any backup plan was seen yet.",
            "Non si è ancora vista alcuna esecuzione dei piani di backup.",
        ),
        (
            &[Good, Disabled],
            "The backup plan is good.",
            "Il piano di backup è a posto.",
        ),
        (
            &[Good, Good],
            "All 2 backup plans are good.",
            "Tutti e 2 i piani di backup sono a posto.",
        ),
        (
            &[Good, Unknown],
            "1 of 2 backup plans is good; of the others no run was seen yet.",
            "1 piano di backup su 2 è a posto; degli altri non si è ancora vista alcuna \
             esecuzione.",
        ),
        (
            &[Bad],
            "The backup plan is failing.",
            "Il piano di backup è in errore.",
        ),
        (
            &[Bad, Good, Empty],
            "1 of 2 backup plans is failing.",
            "1 piano di backup su 2 è in errore.",
        ),
        (
            &[Bad, Bad, Unknown],
            "2 of 3 backup plans are failing.",
            "2 piani di backup su 3 sono in errore.",
        ),
    ];
    for (standings, english, italian) in cases {
        assert_eq!(head(standings, Language::En), english);
        assert_eq!(head(standings, Language::It), italian);
    }
}

#[test]
fn a_cluster_that_is_away_is_told_with_the_moment_of_what_is_shown() {
    let mut away = overview(vec![]);
    away.redis_problem = Some("refused\u{1b}[2J".into());
    away.voice = false;
    away.read_at = Some(at("2026-11-08T06:55"));
    let told = |language| {
        let text = Page::new(&away, false, &mail(language)).text();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        told(Language::En),
        [
            "The cluster cannot be read now: refused␛[2J.",
            "This is how it was on 8 Nov 2026 06:55 CET.",
            words::of(Language::En).never_looked,
            words::of(Language::En).not_voice,
        ]
    );
    assert_eq!(
        told(Language::It)[1],
        "Questa è la situazione dell'8 nov 2026 06:55 CET."
    );
}

#[test]
fn nothing_that_is_not_there_is_spoken_of() {
    let text = text(
        &overview(vec![plan("1", "Nightly", Standing::Good, vec![])]),
        Language::En,
    );
    assert_eq!(text.matches("\n\n").count(), 1, "{text}");
}

#[test]
fn the_module_with_the_lowest_number_sends() {
    let mut state = state(None);
    for id in ["backup-monitor2", "backup-monitor10", "mail1"] {
        let module = Module {
            name: None,
            node: None,
            uuid: id.into(),
            no_data: false,
        };
        state.modules.insert(id.into(), module);
    }
    let voice = |own: &str| is_voice(Some(&own.into()), Some(&state));
    assert!(voice("backup-monitor2") && !voice("backup-monitor10"));
    assert!(is_voice(None, Some(&state)), "no module of NS8");
}

fn state(uuid: Option<&str>) -> ClusterState {
    let mut state: ClusterState = serde_json::from_value(serde_json::json!({
        "read_at": "2026-11-20T01:16:10Z",
        "nodes": {}, "modules": {}, "destinations": {}, "plans": {}, "statuses": {}
    }))
    .unwrap();
    state.cluster_uuid = uuid.map(str::to_owned);
    state
}

#[test]
fn what_is_remembered_of_another_cluster_is_not_shown() {
    let mut watch = Watch::default();
    assert!(is_of(&watch, &state(Some("a"))), "nothing is remembered");
    watch.whole.identity = Some(Identity {
        cluster: Some("a".into()),
        module: None,
    });
    assert!(is_of(&watch, &state(Some("a"))) && is_of(&watch, &state(None)));
    assert!(!is_of(&watch, &state(Some("b"))));
}
