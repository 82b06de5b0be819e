//! Maps by the ids of modules: in the order of the ids, and found without a search.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use indexmap::map::Entry;
use indexmap::{Equivalent, IndexMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Module, ModuleId, StatusReading};

/// What there is of each module. A large cluster has thousands, and all of them
/// are looked up in every read; whoever goes through them finds them sorted by id.
#[derive(Clone, PartialEq, Eq)]
pub struct ById<V>(Map<V>);

/// The live modules.
pub type Modules = ById<Module>;
/// The statuses of modules in one plan.
pub type Readings = ById<StatusReading>;

type Map<V> = IndexMap<ModuleId, V, foldhash::fast::RandomState>;

impl<V> ById<V> {
    /// Adds one, or replaces the one of this id.
    pub fn insert(&mut self, id: ModuleId, value: V) {
        self.0.insert_sorted(id, value);
    }

    /// Takes one out, if it is there.
    pub fn remove(&mut self, id: &ModuleId) -> Option<V> {
        self.0.shift_remove(id)
    }

    /// One of them, to change it.
    pub fn get_mut(&mut self, id: &ModuleId) -> Option<&mut V> {
        self.0.get_mut(id)
    }

    /// The same by the bare text of its id.
    pub fn named_mut(&mut self, id: &str) -> Option<&mut V> {
        self.0.get_mut(&Bare(id))
    }

    /// All of them, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&ModuleId, &mut V)> {
        self.0.iter_mut()
    }

    /// The same without their ids.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.values_mut()
    }
}

/// The text of an id, hashed as the id is.
#[derive(Hash)]
struct Bare<'a>(&'a str);

impl Equivalent<ModuleId> for Bare<'_> {
    fn equivalent(&self, id: &ModuleId) -> bool {
        self.0 == id.as_str()
    }
}

/// A [`ById`] that grows: sorted when nothing more comes.
pub struct Unsorted<V>(Map<V>);

impl<V> Unsorted<V> {
    /// The place of `id`.
    pub fn entry(&mut self, id: ModuleId) -> Entry<'_, ModuleId, V> {
        self.0.entry(id)
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids so far, in no order.
    pub fn ids(&self) -> impl Iterator<Item = &ModuleId> {
        self.0.keys()
    }

    /// All there is.
    pub fn sorted(self) -> ById<V> {
        let mut map = self.0;
        // Comparing texts only would take a tenth of a read of 5,000 modules.
        map.sort_by_cached_key(|id, _| (head(id), id.clone()));
        ById(map)
    }
}

/// The first 16 bytes, in which most ids differ, as one number: in the order of
/// the texts.
fn head(id: &ModuleId) -> u128 {
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(id.as_str().bytes()) {
        *to = from;
    }
    u128::from_be_bytes(head)
}

impl<V> Default for Unsorted<V> {
    fn default() -> Self {
        Self(Map::default())
    }
}

impl<V> Default for ById<V> {
    fn default() -> Self {
        Self(Map::default())
    }
}

/// Looking at them is what a map of them does.
impl<V> Deref for ById<V> {
    type Target = Map<V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a, V> IntoIterator for &'a ById<V> {
    type Item = (&'a ModuleId, &'a V);
    type IntoIter = indexmap::map::Iter<'a, ModuleId, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, V> IntoIterator for &'a mut ById<V> {
    type Item = (&'a ModuleId, &'a mut V);
    type IntoIter = indexmap::map::IterMut<'a, ModuleId, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

/// In any order; of two with one id the later one stays.
impl<V> FromIterator<(ModuleId, V)> for ById<V> {
    fn from_iter<T: IntoIterator<Item = (ModuleId, V)>>(values: T) -> Self {
        Unsorted(values.into_iter().collect()).sorted()
    }
}

impl<V: fmt::Debug> fmt::Debug for ById<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<V: Serialize> Serialize for ById<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ById<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = BTreeMap::deserialize(deserializer)?;
        Ok(values.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(uuid: &str) -> Module {
        Module {
            name: None,
            node: None,
            uuid: uuid.into(),
            no_data: false,
        }
    }

    fn ids(modules: &Modules) -> Vec<&str> {
        modules.keys().map(ModuleId::as_str).collect()
    }

    #[test]
    fn ids_of_any_length_are_sorted_as_texts_are() {
        let given = [
            "mail10",
            "nethvoice-proxy12-long",
            "mail1",
            "nethvoice-proxy12",
            "a",
            "nethvoice-proxy1",
            "nethvoice-proxy12-late",
            "mail2",
        ];
        let modules: Modules = given
            .map(|id| (id.into(), module(id)))
            .into_iter()
            .collect();
        let mut sorted = given;
        sorted.sort_unstable();
        assert_eq!(ids(&modules), sorted);
    }

    #[test]
    fn they_are_sorted_however_they_came() {
        let given = ["samba1", "mail2", "mail10", "mail1"];
        let mut modules: Modules = given
            .map(|id| (id.into(), module(id)))
            .into_iter()
            .collect();
        assert_eq!(ids(&modules), ["mail1", "mail10", "mail2", "samba1"]);
        modules.insert("nextcloud1".into(), module("n"));
        modules.insert("mail2".into(), module("another"));
        assert_eq!(modules.named_mut("mail2"), Some(&mut module("another")));
        assert_eq!(modules.named_mut("mail3"), None);
        assert_eq!(modules.remove(&"mail10".into()), Some(module("mail10")));
        assert_eq!(ids(&modules), ["mail1", "mail2", "nextcloud1", "samba1"]);
        assert_eq!(
            modules.get(&ModuleId::from("mail2")),
            Some(&module("another"))
        );

        let json = r#"{"b1": {"uuid": "b"}, "a1": {"uuid": "a"}}"#;
        let read: Modules = serde_json::from_str(json).unwrap();
        assert_eq!(ids(&read), ["a1", "b1"]);
        let written = serde_json::to_string(&read).unwrap();
        assert!(written.starts_with(r#"{"a1":"#), "{written}");
        assert!(written.contains(r#","b1":"#), "{written}");
    }
}
