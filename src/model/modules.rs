//! The live modules: in the order of their ids, and found without a search.

use std::collections::BTreeMap;
use std::ops::Deref;

use indexmap::{Equivalent, IndexMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Module, ModuleId};

/// Modules by id. A large cluster has thousands, and all of them are looked up
/// in every read; whoever goes through them finds them sorted by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modules(Map);

type Map = IndexMap<ModuleId, Module, foldhash::fast::RandomState>;

impl Modules {
    /// Adds a module, or replaces the one of this id.
    pub fn insert(&mut self, id: ModuleId, module: Module) {
        self.0.insert_sorted(id, module);
    }

    /// Takes a module out, if it is there.
    pub fn remove(&mut self, id: &ModuleId) -> Option<Module> {
        self.0.shift_remove(id)
    }

    /// A module, to change it.
    pub fn get_mut(&mut self, id: &ModuleId) -> Option<&mut Module> {
        self.0.get_mut(id)
    }

    /// The same by the bare text of its id.
    pub fn named_mut(&mut self, id: &str) -> Option<&mut Module> {
        self.0.get_mut(&Bare(id))
    }

    /// All of them, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&ModuleId, &mut Module)> {
        self.0.iter_mut()
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

/// Looking at them is what a map of them does.
impl Deref for Modules {
    type Target = Map;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Modules {
    type Item = (&'a ModuleId, &'a Module);
    type IntoIter = indexmap::map::Iter<'a, ModuleId, Module>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// In any order; of two with one id the later one stays.
impl FromIterator<(ModuleId, Module)> for Modules {
    fn from_iter<T: IntoIterator<Item = (ModuleId, Module)>>(modules: T) -> Self {
        let mut modules: Vec<_> = modules.into_iter().collect();
        // Comparing texts only would take a tenth of a read of 5,000 modules.
        modules.sort_by_cached_key(|(id, _)| (head(id), id.clone()));
        Self(modules.into_iter().collect())
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

impl Serialize for Modules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl<'de> Deserialize<'de> for Modules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let modules = BTreeMap::deserialize(deserializer)?;
        Ok(modules.into_iter().collect())
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
        assert!(written.find("a1") < written.find("b1"), "{written}");
    }
}
