//! A mail as its reader sees it.

use mail_parser::MessageParser;

use crate::support::smtp::Received;

/// A message that the server took, decoded.
#[derive(Debug)]
pub struct Letter {
    /// The envelope and the bytes.
    pub received: Received,
    /// Without angle brackets.
    pub message_id: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Letter {
    pub fn read(received: Received) -> Self {
        let mail = MessageParser::default()
            .parse(&received.raw)
            .expect("a message");
        assert!(mail.cc().is_none() && mail.bcc().is_none());
        Self {
            message_id: mail.message_id().expect("a Message-ID").to_owned(),
            subject: mail.subject().expect("a subject").to_owned(),
            text: mail.body_text(0).expect("a text").replace("\r\n", "\n"),
            html: mail.body_html(0).expect("an HTML form").into_owned(),
            received,
        }
    }

    /// The headers as they were sent.
    pub fn headers(&self) -> String {
        let raw = String::from_utf8_lossy(&self.received.raw);
        let (headers, _) = raw.split_once("\r\n\r\n").expect("headers");
        headers.to_owned()
    }

    /// Every sentence stands in both forms.
    #[track_caller]
    pub fn says(&self, sentences: &[&str]) {
        let html = bare(&self.html);
        for sentence in sentences {
            assert!(
                squeezed(&self.text).contains(sentence),
                "{sentence:?} is not in the text:\n{}",
                self.text
            );
            assert!(
                html.contains(sentence),
                "{sentence:?} is not in the HTML:\n{html}"
            );
        }
    }

    /// Neither form says any of this.
    #[track_caller]
    pub fn is_silent_about(&self, words: &[&str]) {
        let html = bare(&self.html);
        for word in words {
            assert!(!self.text.contains(word), "{word:?} in:\n{}", self.text);
            assert!(!html.contains(word), "{word:?} in the HTML:\n{html}");
        }
    }

    /// A line of a table of the text form begins with these cells.
    #[track_caller]
    pub fn has_row(&self, cells: &str) {
        let found = self
            .text
            .lines()
            .any(|line| squeezed(line).starts_with(cells));
        assert!(found, "no row {cells:?} in:\n{}", self.text);
    }
}

/// With single spaces, and each line on its own.
fn squeezed(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a browser would show, roughly.
fn bare(html: &str) -> String {
    let (_, body) = html.split_once("<body").expect("a body");
    let text: String = body
        .split('<')
        .filter_map(|piece| Some(piece.split_once('>')?.1))
        .collect();
    let text = [
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x3D;", "="),
        ("&#x60;", "`"),
        ("&gt;", ">"),
        ("&lt;", "<"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, plain)| text.replace(entity, plain));
    squeezed(&text)
}
