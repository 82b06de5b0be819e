//! The environment of an NS8 agent, from the process and from its own files.
//!
//! The format of the files is what NS8's `agent.read_envfile` reads and
//! `agent.write_envfile` writes: one `NAME=value` per line, the value verbatim
//! without any quoting, empty lines and `#` lines ignored.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::errors::{ConfigWarning, Mistake, Notice, Place, Problem, shown_path};
use super::source::read_agent_file;

/// Names the agent's files, colon-separated; one that begins with `-` may be
/// missing, as in systemd's `EnvironmentFile=`, or not be for us to read, as
/// the node's policy may have it of a file of its own.
const FILES: &str = "AGENT_ENV_FILES";

/// The variables that count. An empty one is as none. No `Debug`: there is a
/// password among them.
#[derive(Default, Deserialize)]
pub(super) struct AgentEnv {
    pub redis_address: Option<String>,
    pub redis_replica_address: Option<String>,
    pub redis_user: Option<String>,
    pub redis_password: Option<String>,
    pub tcp_port: Option<String>,
    pub module_id: Option<String>,
    pub node_id: Option<String>,
    pub state_directory: Option<String>,
}

/// Reads the files that the environment names, then the environment itself,
/// which wins.
pub(super) fn read(
    env: &BTreeMap<String, String>,
    mistakes: &mut Vec<Mistake>,
    warnings: &mut Vec<ConfigWarning>,
) -> AgentEnv {
    let mut all = BTreeMap::new();
    let files = env.get(FILES).map(String::as_str).unwrap_or_default();
    for name in files.split(':').filter(|name| !name.is_empty()) {
        let (name, optional) = match name.strip_prefix('-') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let path = Path::new(name);
        match read_agent_file(path) {
            Ok(file) => all.extend(parse(path, &file.text, warnings)),
            Err(error) if optional && is_kept_from_us(error.kind()) => {}
            Err(error) => mistakes.push(Mistake::of_key(
                Place::Environment,
                FILES,
                Problem::unreadable(path, error),
            )),
        }
    }
    all.extend(env.iter().map(|(k, v)| (k.clone(), v.clone())));
    // envy compares names in lower case, so a variable `redis_address` beside
    // REDIS_ADDRESS would count as the same one twice.
    all.retain(|name, value| !value.is_empty() && !name.contains(|c: char| c.is_lowercase()));
    envy::from_iter(all).unwrap_or_default()
}

fn is_kept_from_us(why: ErrorKind) -> bool {
    matches!(why, ErrorKind::NotFound | ErrorKind::PermissionDenied)
}

fn parse(path: &Path, text: &str, warnings: &mut Vec<ConfigWarning>) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
            None => warnings.push(ConfigWarning {
                place: Place::Environment,
                key: Some(FILES.to_owned()),
                notice: Notice::AgentLine {
                    path: shown_path(path),
                    line: index + 1,
                },
            }),
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn files_are_read_verbatim_later_ones_win_and_the_process_wins_over_all() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one.env"), dir.path().join("two.env"));
        std::fs::write(
            &one,
            "# by the agent\n\nREDIS_ADDRESS=cluster-leader:6379\nREDIS_PASSWORD=\"a=b#c\nbroken\nNODE_ID=1\n",
        )
        .unwrap();
        std::fs::write(&two, "MODULE_ID=backup-monitor1\nNODE_ID=2\nTCP_PORT=\n").unwrap();
        let files = format!("{}:-/nowhere/x.env:{}", one.display(), two.display());
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        let agent = read(
            &env(&[
                (FILES, &files),
                ("MODULE_ID", "backup-monitor7"),
                ("redis_address", "x:1"),
            ]),
            &mut mistakes,
            &mut warnings,
        );
        assert_eq!(mistakes, []);
        assert_eq!(agent.redis_address.as_deref(), Some("cluster-leader:6379"));
        assert_eq!(agent.redis_password.as_deref(), Some("\"a=b#c"));
        assert_eq!(agent.node_id.as_deref(), Some("2"));
        assert_eq!(agent.module_id.as_deref(), Some("backup-monitor7"));
        assert_eq!(agent.tcp_port, None);
        let told: Vec<_> = warnings.iter().map(|w| w.describe("x")).collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("line 5 of"), "{told:?}");
        assert!(!told[0].contains("broken"), "{told:?}");
    }

    #[test]
    fn an_optional_file_may_be_missing_or_forbidden_and_no_more() {
        for (why, kept) in [
            (ErrorKind::NotFound, true),
            (ErrorKind::PermissionDenied, true),
            (ErrorKind::InvalidData, false),
        ] {
            assert_eq!(is_kept_from_us(why), kept, "{why:?}");
        }
    }

    #[test]
    fn a_named_file_that_is_missing_is_a_mistake() {
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        read(
            &env(&[(FILES, "/nowhere/agent.env")]),
            &mut mistakes,
            &mut warnings,
        );
        assert_eq!(mistakes.len(), 1);
        assert_eq!(mistakes[0].key.as_deref(), Some(FILES));
    }
}
