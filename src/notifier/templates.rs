//! From a report to subject, plain text and HTML, by handlebars templates.
//!
//! Three templates are built in; an administrator's own ones, of the same file
//! names in `mail.templates`, take their places one by one. A template of
//! theirs that does not work, at start or later, never keeps a mail from going
//! out: the built-in one is used, and a [`TemplateWarning`] says so.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use handlebars::{Context, Handlebars, no_escape};
use jiff::Timestamp;

use super::sample;
use super::view::{self, View};
use crate::config;
use crate::model::{MailBody, Report, sanitize, truncate};

/// A rendered part may have this many bytes. 2,000 failed modules take less
/// than half of it.
const MAX_BYTES: usize = 8 << 20;
/// An override file may have this many bytes.
const MAX_FILE: u64 = 1 << 20;
/// A subject is cut to this many characters.
const SUBJECT_CHARS: usize = 180;

/// The parts of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Subject,
    Text,
    Html,
}

impl Part {
    const ALL: [Self; 3] = [Self::Subject, Self::Text, Self::Html];

    fn file(self) -> &'static str {
        match self {
            Self::Subject => "subject.hbs",
            Self::Text => "report.txt.hbs",
            Self::Html => "report.html.hbs",
        }
    }

    fn built_in(self) -> &'static str {
        match self {
            Self::Subject => include_str!("templates/subject.hbs"),
            Self::Text => include_str!("templates/report.txt.hbs"),
            Self::Html => include_str!("templates/report.html.hbs"),
        }
    }
}

/// A built-in template does not work: a defect of this program.
#[derive(Debug, thiserror::Error)]
#[error("the built-in template {file} cannot be rendered: {reason}; please report this")]
pub struct RenderError {
    file: &'static str,
    reason: String,
}

/// An administrator's template that is not used, and why; for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateWarning {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for TemplateWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "template {} is not used, the built-in one takes its place: {}",
            self.path.display(),
            self.reason
        )
    }
}

/// A mail's subject and body, and what went wrong on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Subject, text and HTML.
    pub body: MailBody,
    /// Overrides that failed now although they passed at start.
    pub warnings: Vec<TemplateWarning>,
}

/// The templates in use.
pub struct Templates {
    built_in: Engines,
    own: Engines,
    folder: PathBuf,
}

/// One registry per kind of output: HTML is escaped, text is not.
struct Engines {
    html: Handlebars<'static>,
    text: Handlebars<'static>,
}

impl Templates {
    /// The built-in templates, with those of `folder` in their places where
    /// they pass a dry run on full samples in every language. Missing files are
    /// no mistake; everything else that is wrong is a warning.
    pub fn load(folder: Option<&Path>) -> Result<(Self, Vec<TemplateWarning>), RenderError> {
        let mut templates = Self {
            built_in: Engines::new(),
            own: Engines::new(),
            folder: folder.map(Path::to_path_buf).unwrap_or_default(),
        };
        for part in Part::ALL {
            templates
                .built_in
                .register(part, part.built_in())
                .map_err(|reason| RenderError {
                    file: part.file(),
                    reason,
                })?;
        }
        let mut warnings = Vec::new();
        if let Some(folder) = folder {
            for part in Part::ALL {
                let path = folder.join(part.file());
                if let Err(reason) = templates.take(part, &path) {
                    templates.own.unregister(part);
                    warnings.push(TemplateWarning { path, reason });
                }
            }
        }
        Ok((templates, warnings))
    }

    /// The mail for `report`.
    pub fn render(&self, report: &Report, mail: &config::Mail) -> Result<Rendered, RenderError> {
        self.render_view(&view::of_report(report, mail))
    }

    /// The test mail; `place` is the cluster's or node's name, and `way` says
    /// through what it is sent (`smtp mail.example.org:587`).
    pub fn test_message(
        &self,
        mail: &config::Mail,
        place: Option<&str>,
        way: &str,
        now: Timestamp,
    ) -> Result<Rendered, RenderError> {
        self.render_view(&view::of_test(mail, place, way, now))
    }

    fn render_view(&self, view: &View) -> Result<Rendered, RenderError> {
        let context = Context::wraps(view).map_err(|error| RenderError {
            file: "",
            reason: error.to_string(),
        })?;
        let mut warnings = Vec::new();
        let mut part = |part| self.part(part, &context, &mut warnings);
        let body = MailBody {
            subject: one_line(&part(Part::Subject)?),
            text: part(Part::Text)?,
            html: part(Part::Html)?,
        };
        Ok(Rendered { body, warnings })
    }

    fn part(
        &self,
        part: Part,
        context: &Context,
        warnings: &mut Vec<TemplateWarning>,
    ) -> Result<String, RenderError> {
        if self.own.has(part) {
            match self.own.render(part, context) {
                Ok(text) => return Ok(text),
                Err(reason) => warnings.push(TemplateWarning {
                    path: self.folder.join(part.file()),
                    reason,
                }),
            }
        }
        let rendered = self.built_in.render(part, context);
        rendered.map_err(|reason| RenderError {
            file: part.file(),
            reason,
        })
    }

    fn take(&mut self, part: Part, path: &Path) -> Result<(), String> {
        let size = match std::fs::metadata(path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        if size > MAX_FILE {
            return Err(format!("{size} bytes, at most {MAX_FILE} are read"));
        }
        let source = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        if includes(&source) {
            return Err("partials and decorators ({{> }}, {{* }}) are not supported".into());
        }
        self.own.register(part, &source)?;
        for view in sample::views() {
            let context = Context::wraps(view).map_err(|error| error.to_string())?;
            let text = self.own.render(part, &context)?;
            if text.trim().is_empty() {
                return Err("it renders nothing".into());
            }
        }
        Ok(())
    }
}

impl Engines {
    fn new() -> Self {
        let mut html = Handlebars::new();
        html.set_strict_mode(true);
        let mut text = Handlebars::new();
        text.set_strict_mode(true);
        text.register_escape_fn(no_escape);
        Self { html, text }
    }

    fn of(&self, part: Part) -> &Handlebars<'static> {
        match part {
            Part::Html => &self.html,
            Part::Subject | Part::Text => &self.text,
        }
    }

    fn of_mut(&mut self, part: Part) -> &mut Handlebars<'static> {
        match part {
            Part::Html => &mut self.html,
            Part::Subject | Part::Text => &mut self.text,
        }
    }

    fn has(&self, part: Part) -> bool {
        self.of(part).has_template(part.file())
    }

    fn register(&mut self, part: Part, source: &str) -> Result<(), String> {
        self.of_mut(part)
            .register_template_string(part.file(), source)
            .map_err(|error| sanitize(&error.to_string()))
    }

    fn unregister(&mut self, part: Part) {
        self.of_mut(part).unregister_template(part.file());
    }

    fn render(&self, part: Part, context: &Context) -> Result<String, String> {
        let mut out = Capped(Vec::new());
        self.of(part)
            .render_with_context_to_write(part.file(), context, &mut out)
            .map_err(|error| sanitize(&error.to_string()))?;
        String::from_utf8(out.0).map_err(|error| error.to_string())
    }
}

/// Refuses to grow beyond [`MAX_BYTES`].
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(io::Error::other(format!(
                "it renders more than {MAX_BYTES} bytes"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a template includes others: one that includes itself by way of an
/// inline partial would never end.
fn includes(source: &str) -> bool {
    source
        .split("{{")
        .skip(1)
        .map(|tag| tag.trim_start_matches(['{', '~', '#', '&', ' ', '\t', '\r', '\n']))
        .any(|tag| tag.starts_with('>') || tag.starts_with('*'))
}

/// A header is one line, whatever a template or a name does.
fn one_line(subject: &str) -> String {
    let words: Vec<&str> = subject.split_whitespace().collect();
    truncate(&sanitize(&words.join(" ")), SUBJECT_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(files: &[(&str, &str)]) -> (Templates, Vec<TemplateWarning>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        Templates::load(Some(folder.path())).unwrap()
    }

    fn render(templates: &Templates) -> Rendered {
        let view = sample::views().pop().unwrap();
        templates.render_view(&view).unwrap()
    }

    #[test]
    fn an_administrators_template_takes_the_place_of_one_part_only() {
        let (templates, warnings) = load(&[("subject.hbs", "{{prefix}}\n {{what}}\r\n")]);
        assert_eq!(warnings, []);
        let own = render(&templates).body;
        let plain = render(&Templates::load(None).unwrap().0).body;
        assert!(own.subject.starts_with("[NS8 Backup] "), "{}", own.subject);
        assert!(!own.subject.contains('\n'));
        assert_ne!(own.subject, plain.subject);
        assert_eq!((own.text, own.html), (plain.text, plain.html));
    }

    #[test]
    fn a_broken_template_is_named_and_replaced_by_the_built_in_one() {
        for (broken, reason) in [
            ("{{#if what}}", "what"),
            ("{{no_such_field}}", "no_such_field"),
            ("y{{#each why}}{{this.x}}{{/each}}", "x"),
            ("{{#*inline \"a\"}}{{> a}}{{/inline}}{{> a}}", "partials"),
            (" \n", "nothing"),
        ] {
            let (templates, warnings) = load(&[("report.txt.hbs", broken)]);
            let [warning] = &warnings[..] else {
                panic!("{broken}: {warnings:?}");
            };
            assert!(warning.path.ends_with("report.txt.hbs"));
            assert!(warning.reason.contains(reason), "{warning}");
            let plain = render(&Templates::load(None).unwrap().0);
            assert_eq!(render(&templates), plain);
        }
    }

    #[test]
    fn a_template_that_fails_later_falls_back_and_says_so() {
        // No sample has 60 modules that went well, so this passes at start.
        let later = "x{{#if modules}}{{#each modules.groups}}{{#if left_out}}{{nothing}}{{/if}}{{/each}}{{/if}}";
        let (templates, warnings) = load(&[("report.txt.hbs", later)]);
        assert_eq!(warnings, []);
        let mut view = sample::views().pop().unwrap();
        for group in &mut view.modules.as_mut().unwrap().groups {
            group.left_out = Some("10 more".into());
        }
        let rendered = templates.render_view(&view).unwrap();
        assert_eq!(rendered.warnings.len(), 1);
        assert!(rendered.body.text.contains("10 more"));
    }

    #[test]
    fn endless_output_is_stopped() {
        let row = "y".repeat(900 << 10);
        let loops = format!(
            "x{{{{#if modules}}}}{{{{#each modules.groups}}}}{{{{#each rows}}}}{row}{{{{/each}}}}{{{{/each}}}}{{{{/if}}}}"
        );
        let (_, warnings) = load(&[("report.html.hbs", &loops)]);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].reason.contains("bytes"), "{}", warnings[0]);
    }

    #[test]
    fn a_folder_without_templates_is_no_mistake() {
        assert_eq!(load(&[]).1, []);
        let nowhere = Templates::load(Some(Path::new("/nonexistent/templates"))).unwrap();
        assert_eq!(nowhere.1, []);
    }

    #[test]
    fn a_subject_is_one_line_of_sane_length() {
        let long = format!("a\r\nBcc: x@example.org\t{}", "é".repeat(400));
        let subject = one_line(&long);
        assert_eq!(subject.chars().count(), SUBJECT_CHARS);
        assert!(subject.starts_with("a Bcc: x@example.org é"));
    }
}
