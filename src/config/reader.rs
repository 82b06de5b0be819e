//! Reading typed values by the table, noting every mistake and going on.
//!
//! `None` from here means "not set" or "wrong"; in the second case a mistake
//! was noted, so that the configuration as a whole is refused.

use std::path::Path;

use secrecy::SecretString;

use super::errors::{ConfigWarning, Mistake, Notice, Place, Problem, shown_path};
use super::form::{Form, Notes, Why, Word};
use super::keys::{AnyKey, Key};
use super::names::{self, Found};
use super::source;
use super::tree::{self, Meaning, Node, Scalar};
use super::words::FilePath;

/// What to do with the files that hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretFiles {
    /// Read them.
    Read,
    /// They lie elsewhere: take them for right.
    Assume,
}

pub(super) struct Reader<'a> {
    root: &'a Node,
    files: SecretFiles,
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<ConfigWarning>,
    /// Whether the file itself holds a secret.
    pub inline_secret: bool,
}

impl<'a> Reader<'a> {
    /// Checks the names of all keys.
    pub(super) fn new(root: &'a Node, mistakes: Vec<Mistake>, files: SecretFiles) -> Self {
        let mut reader = Self {
            root,
            files,
            mistakes,
            warnings: Vec::new(),
            inline_secret: false,
        };
        names::check(root, &mut reader.mistakes);
        reader
    }

    /// The value in the file.
    pub(super) fn get<F: Form>(&mut self, key: &Key<F>) -> Option<F::Out> {
        let found = self.first(key.path)?;
        self.read(key, &found)
    }

    /// The value in the file, else the table's default.
    pub(super) fn or_default<F: Form>(&mut self, key: &Key<F>) -> Option<F::Out> {
        match self.first(key.path) {
            Some(found) => self.read(key, &found),
            None => self.default(key),
        }
    }

    /// The table's default.
    pub(super) fn default<F: Form>(&mut self, key: &Key<F>) -> Option<F::Out> {
        let (node, _) = tree::parse(key.default?).ok()?;
        let mut notes = Notes::new(Place::File, key.path, &mut self.mistakes);
        key.form.read(&node, &mut notes)
    }

    /// The value in the file, which must be there.
    pub(super) fn required<F: Form>(&mut self, key: &Key<F>) -> Option<F::Out> {
        let found = self.first(key.path);
        if found.is_none() {
            let allowed = key.form.allowed();
            let problem = Problem::Missing { allowed };
            self.mistakes
                .push(Mistake::of_key(Place::File, key.path, problem));
        }
        self.read(key, &found?)
    }

    /// The values of a key with a `*`, with what stands in its place.
    pub(super) fn each<F: Form>(&mut self, key: &Key<F>) -> Vec<(&'a str, F::Out)> {
        names::find(self.root, key.path)
            .into_iter()
            .filter_map(|found| Some((found.id?, self.read(key, &found)?)))
            .collect()
    }

    /// A value of the environment, in the shape of a key.
    pub(super) fn env<W: Word>(
        &mut self,
        form: &W,
        name: &str,
        value: Option<&str>,
    ) -> Option<W::Out> {
        let scalar = Scalar::plain(value?);
        let node = Node {
            line: 0,
            content: tree::Content::Scalar(scalar),
        };
        form.read(
            &node,
            &mut Notes::new(Place::Environment, name, &mut self.mistakes),
        )
    }

    /// A secret that stands in the file or in a file of its own.
    pub(super) fn secret<W: Word<Out = SecretString>>(
        &mut self,
        inline: &Key<W>,
        file: &Key<FilePath>,
    ) -> Option<SecretString> {
        self.exclusive(inline.path, file.path);
        if let Some(secret) = self.get(inline) {
            self.inline_secret = true;
            return Some(secret);
        }
        let place = self.place(file.path);
        let path = self.get(file)?;
        if self.files == SecretFiles::Assume {
            return Some(SecretString::default());
        }
        self.secret_file(&inline.form, &path, place, file.path)
    }

    fn secret_file<W: Word<Out = SecretString>>(
        &mut self,
        form: &W,
        path: &Path,
        place: Place,
        key: &str,
    ) -> Option<SecretString> {
        let problem = match source::read_secret(path) {
            Ok(file) => {
                if file.world_readable {
                    let path = shown_path(path);
                    self.warn(place, key, Notice::WorldReadable { path });
                }
                let scalar = Scalar {
                    text: file.text,
                    meaning: Meaning::Text,
                };
                match form.parse(&scalar) {
                    Ok(secret) => return Some(secret),
                    Err(Why(code, why)) => Problem::Refused {
                        code,
                        why: why.to_owned(),
                        read: format!("the content of {} (not shown)", shown_path(path)),
                        allowed: Word::allowed(form),
                    },
                }
            }
            Err(error) => Problem::unreadable(path, error),
        };
        self.mistakes.push(Mistake::of_key(place, key, problem));
        None
    }

    /// Notes a mistake if both are set.
    pub(super) fn exclusive(&mut self, one: &str, other: &str) {
        if self.is_set(one) && self.is_set(other) {
            let problem = Problem::Excludes(one.to_owned());
            let place = self.place(other);
            self.mistakes.push(Mistake::of_key(place, other, problem));
        }
    }

    /// Notes a mistake if `key` is set without `needed`.
    pub(super) fn needs(&mut self, key: &str, needed: &[&str]) {
        if self.is_set(key) && !needed.iter().any(|needed| self.is_set(needed)) {
            let problem = Problem::Needs(needed.join(" or "));
            let place = self.place(key);
            self.mistakes.push(Mistake::of_key(place, key, problem));
        }
    }

    /// Checks a key that nobody will read, and says so wherever it is set.
    pub(super) fn idle(&mut self, key: &dyn AnyKey, notice: &Notice) {
        for found in names::find(self.root, key.path()) {
            key.check(
                &found.entry.value,
                found.place(),
                &found.shown,
                &mut self.mistakes,
            );
            self.warn(found.place(), found.shown.clone(), notice.clone());
        }
    }

    /// Notes what should be known.
    pub(super) fn warn(&mut self, place: Place, key: impl Into<String>, notice: Notice) {
        self.warnings.push(ConfigWarning {
            place,
            key: Some(key.into()),
            notice,
        });
    }

    /// Whether the file sets `path`.
    pub(super) fn is_set(&self, path: &str) -> bool {
        self.first(path).is_some()
    }

    /// Where the file sets `path`.
    pub(super) fn place(&self, path: &str) -> Place {
        self.first(path).map_or(Place::File, |found| found.place())
    }

    fn first(&self, path: &str) -> Option<Found<'a>> {
        names::find(self.root, path).into_iter().next()
    }

    fn read<F: Form>(&mut self, key: &Key<F>, found: &Found<'a>) -> Option<F::Out> {
        let mut notes = Notes::new(found.place(), found.shown.clone(), &mut self.mistakes);
        key.form.read(&found.entry.value, &mut notes)
    }
}
