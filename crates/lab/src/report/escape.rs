//! Names from outside, made harmless for the place where they are put.

use std::borrow::Cow;

/// For text and attributes of HTML.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// For a cell of a Markdown table: every character that could mean something is escaped.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// For a cell of a CSV file: in quotes where it has a mark of the file, and no formula to a spreadsheet.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let text = no_formula(text);
    match text.contains([',', '"', '\n', '\r']) {
        true => Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))),
        false => text,
    }
}

/// A text that no spreadsheet works out: what has a sign of a formula in front gets an apostrophe before it, unless it is a
/// number. East Asian spreadsheets know the wide signs too.
pub(super) fn no_formula(text: &str) -> Cow<'_, str> {
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let is_number = text.parse().is_ok_and(f64::is_finite);
    if text.starts_with(signs) && !is_number {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A name, or what stands for an empty one.
pub(super) fn name(name: &str) -> &str {
    if name.trim().is_empty() { "(no name)" } else { name }
}

/// The same name in at most `widest` columns, with an ellipsis where some was cut off.
pub(super) fn fitted(text: &str, widest: usize) -> String {
    let text: String = printable(name(text)).collect();
    if columns(&text) <= widest {
        return text;
    }
    let mut cut = String::new();
    let mut used = 1; // the ellipsis
    for c in text.chars() {
        used += width(c);
        if used > widest {
            break;
        }
        cut.push(c);
    }
    format!("{}…", cut.trim_end())
}

/// How many columns of a terminal a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The columns of one character, by the blocks that matter: marks that combine with the letter
/// before them take none, East Asian letters and emoji two.
fn width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0x20D0..=0x20FF | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF => 2,
        0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 => 2,
        0x1F300..=0x1FAFF | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// The characters, with blanks for line breaks and other controls, which neither XML nor a
/// terminal's table can bear, and without marks that turn the direction of what follows.
fn printable(text: &str) -> impl Iterator<Item = char> {
    let turns = |c: &char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(move |c| !turns(c)).map(|c| match c {
        c if c.is_control() => ' ',
        '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        c => c,
    })
}
