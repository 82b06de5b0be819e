//! Text from outside is hostile: names, labels and restic's words are made
//! harmless once, with the functions here, before a person sees them.

/// Makes control and invisible formatting characters visible, so that no value
/// from outside can move a terminal's cursor, forge a log line, inject a mail
/// header or turn the reading direction. Line breaks become `␊`.
pub fn sanitize(text: &str) -> String {
    // Nearly all names are this plain, and there are many of them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars().map(visible).collect()
}

fn visible(c: char) -> char {
    match c {
        // The Unicode block "Control Pictures" mirrors the C0 controls.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        _ => c,
    }
}

/// At most `max` characters of `text`; a cut is shown by a final `…`, which
/// counts.
pub fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// `text` with the mail addresses in it shortened to what those who set them up
/// still recognise, and nobody else can write to: `ma…@example.org`.
pub fn shorten_addresses(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('@') {
        let begin = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_local(*c))
            .last()
            .map_or(before.len(), |(index, _)| index);
        let (other, local) = before.split_at(begin);
        shown.push_str(other);
        if behind.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
            shown.push_str(&shortened(local));
        } else {
            shown.push_str(local);
        }
        shown.push('@');
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

/// Whether a character may stand before the `@`.
fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.…".contains(c)
}

fn shortened(local: &str) -> String {
    if local.is_empty() || local.ends_with('…') {
        return local.to_owned();
    }
    let kept = if local.chars().count() < 4 { 1 } else { 2 };
    let begin: String = local.chars().take(kept).collect();
    format!("{begin}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_so_much_is_left_that_its_owner_knows_it() {
        for (text, shown) in [
            ("mario.rossi@example.org", "ma…@example.org"),
            ("it@example.org", "i…@example.org"),
            ("a@example.org", "a…@example.org"),
            ("ma…@example.org", "ma…@example.org"),
            (
                "550 5.1.1 <mario@example.org>: unknown (x+y@b.it, z)",
                "550 5.1.1 <ma…@example.org>: unknown (x…@b.it, z)",
            ),
            ("to=<ärger@[10.0.0.1]>", "to=<är…@[10.0.0.1]>"),
            ("a@b@c.org", "a…@b…@c.org"),
            ("250 ok @ 12:00", "250 ok @ 12:00"),
            ("agent@node1.service is down", "ag…@node1.service is down"),
            ("@example.org", "@example.org"),
            ("", ""),
        ] {
            assert_eq!(shorten_addresses(text), shown);
        }
    }

    #[test]
    fn no_control_character_survives() {
        let hostile = "a\r\nBcc: x\u{1b}[31m\u{202e}evil\0\u{85}";
        let shown = sanitize(hostile);
        assert_eq!(shown, "a␍␊Bcc: x␛[31m\u{fffd}evil␀\u{fffd}");
        assert!(!shown.chars().any(char::is_control));
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let name = "Nightly \"prod\" è 🚀 日本語 שלום";
        assert_eq!(sanitize(name), name);
    }

    #[test]
    fn a_cut_is_counted_in_characters_and_shown() {
        assert_eq!(truncate("èèèè", 4), "èèèè");
        assert_eq!(truncate("èèèèè", 4), "èèè…");
    }
}
