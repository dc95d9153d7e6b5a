//! Where in a JSON text reading stopped, as a path of members.
//!
//! The parser says a line and a column only. A reader that keeps track of members as it goes would be compiled a second
//! time for every type there is; the text says the same.

/// The member at which reading stopped, such as `items[2].name`; `.` for the text as a whole.
///
/// `line` counts from 1, `column` is the number of bytes that were read of it. A value that has just ended counts as the
/// place: what is wrong with a value is found when it has been read.
pub(crate) fn member_at(text: &[u8], line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let read = text.get(..before.saturating_add(column)).unwrap_or(text);
    path(&open_at_end(read))
}

/// A value that has begun and not ended.
enum Open {
    /// An object, and the name of the member that it is at.
    Object(Option<String>),
    /// An array, and the index of the element that it is at.
    Array(usize),
}

fn open_at_end(read: &[u8]) -> Vec<Open> {
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(byte) = read.get(at) {
        at += 1;
        match (byte, open.last_mut()) {
            (b'{', _) => open.push(Open::Object(None)),
            (b'[', _) => open.push(Open::Array(0)),
            (b'}' | b']', _) => drop(open.pop()),
            (b',', Some(Open::Object(name))) => *name = None,
            (b',', Some(Open::Array(index))) => *index += 1,
            (b'"', parent) => {
                let text = string(&read[at..]);
                if let Some(Open::Object(name @ None)) = parent {
                    *name = Some(String::from_utf8_lossy(text).into_owned());
                }
                at += text.len() + 1;
            }
            _ => {}
        }
    }
    open
}

/// The text of a string up to its closing quote, escapes as they are.
fn string(text: &[u8]) -> &[u8] {
    let mut is_escaped = false;
    let end = text.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    &text[..end.unwrap_or(text.len())]
}

fn path(open: &[Open]) -> String {
    let mut path = String::new();
    for value in open {
        match value {
            Open::Object(Some(name)) if path.is_empty() => path += name,
            Open::Object(Some(name)) => path += &format!(".{name}"),
            Open::Object(None) => {}
            Open::Array(index) => path += &format!("[{index}]"),
        }
    }
    if path.is_empty() { ".".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct List {
        items: Vec<Item>,
        owner: Option<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Item {
        name: String,
        size: u8,
    }

    fn place(text: &str) -> String {
        let error = serde_json::from_str::<List>(text).unwrap_err();
        member_at(text.as_bytes(), error.line(), error.column())
    }

    #[test]
    fn a_wrong_value_is_found_by_its_members_and_indices() {
        assert_eq!(place(r#"{"items":[{"name":"a","size":1},{"name":"b","size":"2"}]}"#), "items[1].size");
        assert_eq!(place("{\n  \"items\": [\n    {\"name\": \"a\", \"size\": 300}\n  ]\n}"), "items[0].size");
        assert_eq!(place(r#"{"items":[{"name":{"a":1},"size":1}]}"#), "items[0].name");
        assert_eq!(place(r#"{"items":[],"owner":{"name":null,"size":1}}"#), "owner.name");
    }

    #[test]
    fn a_missing_member_is_one_of_the_object_that_has_ended() {
        assert_eq!(place(r#"{"items":[{"name":"a"}]}"#), "items[0]");
        assert_eq!(place(r#"{"owner":null}"#), ".");
    }

    #[test]
    fn a_text_that_ends_too_early_is_found_where_it_ends() {
        assert_eq!(place(r#"{"items":[{"name":"a","si"#), "items[0].si");
        assert_eq!(place(r#"{"items":[{"name":"a","size":1},"#), "items[1]");
        assert_eq!(place(""), ".");
    }

    #[test]
    fn quotes_and_brackets_in_texts_are_no_structure() {
        assert_eq!(place(r#"{"items":[{"name":"a\"],}\\","size":true}]}"#), "items[0].size");
    }
}
