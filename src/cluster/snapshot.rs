//! What was read of a cluster, as a file: for bug reports, for `check
//! --snapshot` and for the demo.
//!
//! It is the [`ClusterState`] and nothing else, so it holds no secret: the
//! state has no field for one. A file comes from somebody else's machine and is
//! as hostile as everything from outside.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::value::{is_id, shown, without_credentials};
use super::{ClusterError, ClusterReader};
use crate::model::{
    ById, ClusterState, DestinationId, ModuleId, ModuleUuid, SmtpSettings, StatusReading,
    Unreadable,
};

const FORMAT: &str = "ns8-backup-monitor/snapshot/1";
/// 50,000 modules take about a fifth of it.
const SIZE_MAX: u64 = 64 * 1024 * 1024;

/// A snapshot file's content.
#[derive(Serialize)]
pub struct Document<'a> {
    format: &'a str,
    version: &'a str,
    state: &'a ClusterState,
}

#[derive(Deserialize)]
struct Header {
    format: String,
}

#[derive(Deserialize)]
struct Loaded {
    state: ClusterState,
}

/// A snapshot in the place of a cluster. It knows no smarthost.
#[derive(Clone, Debug)]
pub struct SnapshotReader {
    state: ClusterState,
}

impl SnapshotReader {
    /// A cluster in this state.
    pub fn new(state: ClusterState) -> Self {
        Self { state }
    }

    /// Loads a file of at most 64 MiB. Labels, addresses and texts are made
    /// harmless and cut again, as if they came from Redis.
    pub fn load(path: &Path) -> Result<Self, ClusterError> {
        read_bounded(path)
            .and_then(|text| Self::parse(&text))
            .map_err(|reason| ClusterError::Snapshot {
                path: path.display().to_string(),
                reason,
            })
    }

    /// The same for a text that is in memory, such as the demo's.
    ///
    /// # Errors
    /// Why it is no snapshot, in words for a person.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        // The format first, so that a newer one is told from a broken one.
        let header: Header = serde_json::from_slice(text).map_err(|error| told(&error))?;
        if header.format != FORMAT {
            return Err(format!(
                "its format is \"{}\", and this version reads \"{FORMAT}\"",
                shown(&header.format)
            ));
        }
        let loaded: Loaded = serde_json::from_slice(text).map_err(|error| told(&error))?;
        let state = harmless(loaded.state)?;
        Ok(Self { state })
    }

    /// What a snapshot file holds, ready to be written as JSON.
    pub fn document(state: &ClusterState) -> Document<'_> {
        Document {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            state,
        }
    }

    /// Writes `state` to `path`, replacing what is there, readable by its owner
    /// only.
    pub fn write(path: &Path, state: &ClusterState) -> std::io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, &Self::document(state))?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    /// The state as it was, `read_at` and all.
    pub fn state(&self) -> &ClusterState {
        &self.state
    }
}

#[async_trait]
impl ClusterReader for SnapshotReader {
    /// The file's state. `read_at` stays the moment of the snapshot: the
    /// statuses in it are judged as of then, whenever that is done.
    async fn read(&self, _now: Timestamp) -> Result<ClusterState, ClusterError> {
        Ok(self.state.clone())
    }

    async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError> {
        Ok(None)
    }

    async fn ping(&self) -> Result<(), ClusterError> {
        Ok(())
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SIZE_MAX + 1).read_to_end(&mut text));
    match read {
        Ok(_) if text.len() as u64 > SIZE_MAX => {
            Err(format!("it is larger than {} MiB", SIZE_MAX / 1024 / 1024))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

/// serde's words can repeat a piece of the text.
fn told(error: &serde_json::Error) -> String {
    format!(
        "it is not the JSON of a snapshot: {}",
        shown(&error.to_string())
    )
}

/// Every id in the state.
fn ids(state: &ClusterState) -> Vec<&str> {
    let mut ids = Vec::new();
    for (id, module) in &state.modules {
        ids.extend([id.as_str(), module.uuid.as_str()]);
    }
    for (id, plan) in &state.plans {
        ids.push(id.as_str());
        ids.extend(plan.instances.iter().map(ModuleId::as_str));
        ids.extend(plan.destination.iter().map(DestinationId::as_str));
        ids.extend(plan.restoring.iter().map(ModuleUuid::as_str));
    }
    ids.extend(state.voice.iter().map(ModuleId::as_str));
    for (plan, modules) in &state.statuses {
        ids.push(plan.as_str());
        ids.extend(modules.keys().map(ModuleId::as_str));
    }
    ids.extend(state.destinations.keys().map(DestinationId::as_str));
    ids
}

/// Whatever a read of Redis would have made harmless.
fn harmless(mut state: ClusterState) -> Result<ClusterState, String> {
    if let Some(bad) = ids(&state).into_iter().find(|id| !is_id(id)) {
        return Err(format!("\"{}\" is not an id", shown(bad)));
    }
    optional(&mut state.cluster_uuid);
    optional(&mut state.cluster_name);
    for node in state.nodes.values_mut() {
        optional(&mut node.name);
        optional(&mut node.vpn_address);
    }
    for (_, module) in state.modules.iter_mut() {
        if let Some(name) = &mut module.name {
            *name = shown(name).into();
        }
    }
    for destination in state.destinations.values_mut() {
        clean(&mut destination.name);
        clean(&mut destination.provider);
        destination.url = shown(&without_credentials(&destination.url));
    }
    for plan in state.plans.values_mut() {
        clean(&mut plan.name);
        clean(&mut plan.schedule);
    }
    for reading in state.statuses.values_mut().flat_map(ById::values_mut) {
        match reading {
            StatusReading::Read(status) => optional(&mut status.message),
            StatusReading::Unreadable(unreadable) => clean_unreadable(unreadable),
        }
    }
    state.unreadable.iter_mut().for_each(clean_unreadable);
    Ok(state)
}

fn clean(text: &mut String) {
    *text = shown(text);
}

fn optional(text: &mut Option<String>) {
    if let Some(text) = text {
        clean(text);
    }
}

fn clean_unreadable(unreadable: &mut Unreadable) {
    clean(&mut unreadable.key);
    unreadable.reason = shown(&unreadable.reason.to_string()).into();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::model::{Destination, Module, Modules, Plan};

    fn state() -> ClusterState {
        ClusterState {
            read_at: Timestamp::from_second(1_780_000_000).unwrap(),
            cluster_uuid: None,
            cluster_name: Some("Casa è \"mia\"".into()),
            leader: None,
            nodes: BTreeMap::new(),
            modules: Modules::from_iter([(
                "mail1".into(),
                Module {
                    name: None,
                    node: None,
                    uuid: "u-1".into(),
                    no_data: false,
                },
            )]),
            destinations: BTreeMap::from([("d1".into(), Destination::default())]),
            plans: BTreeMap::from([("1".into(), Plan::default())]),
            statuses: BTreeMap::new(),
            voice: None,
            unreadable: Vec::new(),
        }
    }

    fn parse(state: &ClusterState) -> Result<ClusterState, String> {
        let json = serde_json::json!({"format": FORMAT, "version": "9.9", "state": state});
        SnapshotReader::parse(json.to_string().as_bytes()).map(|reader| reader.state)
    }

    #[test]
    fn what_was_written_is_what_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cluster.json");
        SnapshotReader::write(&path, &state()).unwrap();
        SnapshotReader::write(&path, &state()).unwrap();
        assert_eq!(SnapshotReader::load(&path).unwrap().state(), &state());
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing else stays behind");
    }

    #[test]
    fn what_was_read_beside_plans_is_in_the_file_and_an_older_one_loads_without() {
        let mut state = state();
        state.voice = Some("backup-monitor2".into());
        state.modules.get_mut(&"mail1".into()).unwrap().no_data = true;
        let plan = state.plans.get_mut(&"1".into()).unwrap();
        plan.restoring.insert("u-7".into());
        assert_eq!(parse(&state).unwrap(), state);

        let mut older = serde_json::to_value(SnapshotReader::document(&state)).unwrap();
        let old = &mut older["state"];
        for (place, name) in [
            ("", "voice"),
            ("/modules/mail1", "no_data"),
            ("/plans/1", "restoring"),
        ] {
            let place = old.pointer_mut(place).and_then(Value::as_object_mut);
            assert!(place.unwrap().remove(name).is_some(), "{name}");
        }
        let loaded = SnapshotReader::parse(older.to_string().as_bytes()).unwrap();
        assert_eq!(loaded.state, self::state());
    }

    #[test]
    fn a_file_that_is_no_snapshot_says_why() {
        for (text, why) in [
            ("", "it is not the JSON of a snapshot"),
            ("[1]", "it is not the JSON of a snapshot"),
            (
                r#"{"format":"ns8-backup-monitor/snapshot/2"}"#,
                "its format is",
            ),
            (r#"{"format":"x\u001b[2J"}"#, "its format is \"x␛[2J\""),
            (
                r#"{"format":"ns8-backup-monitor/snapshot/1","state":{}}"#,
                "it is not the JSON of a snapshot",
            ),
        ] {
            let error = SnapshotReader::parse(text.as_bytes()).unwrap_err();
            assert!(error.starts_with(why), "{error}");
            assert!(!error.chars().any(char::is_control));
        }
        let missing = SnapshotReader::load(Path::new("/nonexistent/x.json")).unwrap_err();
        assert!(missing.to_string().contains("/nonexistent/x.json"));
    }

    #[test]
    fn a_file_over_the_limit_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.json");
        File::create(&path).unwrap().set_len(SIZE_MAX + 1).unwrap();
        let error = SnapshotReader::load(&path).unwrap_err().to_string();
        assert!(error.contains("larger than 64 MiB"), "{error}");
    }

    #[test]
    fn a_hostile_file_is_made_harmless() {
        let mut hostile = state();
        let plan = hostile.plans.get_mut(&"1".into()).unwrap();
        plan.name = format!("a\r\nBcc: x{}", "y".repeat(1000));
        let url = "rest:http://user:s3cret@host/".to_owned();
        hostile.destinations.get_mut(&"d1".into()).unwrap().url = url;
        let loaded = parse(&hostile).unwrap();
        let name = &loaded.plans[&"1".into()].name;
        assert!(name.starts_with("a␍␊Bcc") && name.chars().count() == 300);
        assert_eq!(loaded.destinations[&"d1".into()].url, "rest:http://host/");
    }

    #[test]
    fn an_id_that_could_leave_its_place_in_a_path_is_refused() {
        let mut hostile = state();
        let module = hostile.modules.get_mut(&"mail1".into()).unwrap();
        module.uuid = "../../etc".into();
        assert_eq!(parse(&hostile).unwrap_err(), "\"../../etc\" is not an id");
    }
}
