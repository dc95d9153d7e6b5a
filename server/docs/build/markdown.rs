//! Markdown to HTML. Raw HTML in a text is shown as it is written, never passed on.

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::highlight;

/// What words in code lead to: operations by id and by `METHOD /path`, problems by code. Targets start at the site's root.
pub(crate) type Links = BTreeMap<String, String>;

/// A text as HTML.
pub(crate) struct Marked {
    pub(crate) html: String,
    /// The headings of the second level: anchor and text.
    pub(crate) headings: Vec<(String, String)>,
}

/// Turns texts into HTML for pages that reach the site's root by `root`.
pub(crate) struct Markdown<'a> {
    pub(crate) links: &'a Links,
    pub(crate) root: &'a str,
    /// How many levels headings move down.
    pub(crate) below: usize,
}

impl Markdown<'_> {
    pub(crate) fn html(&self, text: &str) -> String {
        self.render(text).html
    }

    pub(crate) fn render(&self, text: &str) -> Marked {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let mut events = Vec::new();
        let mut headings = Vec::new();
        let mut parser = Parser::new_ext(text, options);
        let mut in_link = false;
        while let Some(event) = parser.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let inner: Vec<_> = parser.by_ref().take_while(|event| !is_end_of_heading(event)).collect();
                    self.heading(level, inner, &mut events, &mut headings);
                }
                Event::Start(Tag::CodeBlock(kind)) => events.push(code_block(&kind, &mut parser)),
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    in_link = true;
                    let dest_url = self.target(&dest_url);
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                Event::End(TagEnd::Link) => {
                    in_link = false;
                    events.push(Event::End(TagEnd::Link));
                }
                Event::Code(code) if !in_link => events.push(self.code(code)),
                Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
                // A table may be wider than a phone: it scrolls by itself, also by keyboard.
                Event::Start(Tag::Table(columns)) => {
                    events.push(raw(r#"<div class="wide" tabindex="0" role="group" aria-label="Table">"#.to_owned()));
                    events.push(Event::Start(Tag::Table(columns)));
                }
                Event::End(TagEnd::Table) => {
                    events.push(Event::End(TagEnd::Table));
                    events.push(raw("</div>".to_owned()));
                }
                event => events.push(event),
            }
        }
        let mut html = String::new();
        html::push_html(&mut html, events.into_iter());
        // The corner of a table with headings on two sides heads nothing.
        Marked { html: html.replace("<th></th>", "<td></td>"), headings }
    }

    fn heading<'e>(
        &self,
        level: HeadingLevel,
        inner: Vec<Event<'e>>,
        events: &mut Vec<Event<'e>>,
        headings: &mut Vec<(String, String)>,
    ) {
        let words: String = inner.iter().filter_map(plain).collect();
        let anchor = slug(&words);
        let level = (level as usize + self.below).min(6);
        events.push(raw(format!("<h{level} id=\"{anchor}\">")));
        events.extend(inner.into_iter().map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            event => event,
        }));
        events.push(raw(format!("</h{level}>")));
        if level == 2 {
            headings.push((anchor, words));
        }
    }

    /// Links of a text start at the site's root, wherever its page is.
    fn target<'e>(&self, url: &CowStr<'e>) -> CowStr<'e> {
        let elsewhere = url.contains(':') || url.starts_with('#');
        if elsewhere { url.clone() } else { format!("{}{url}", self.root).into() }
    }

    fn code<'e>(&self, code: CowStr<'e>) -> Event<'e> {
        match self.links.get(code.as_ref()) {
            Some(target) => {
                let shown = escape(&code);
                raw(format!("<a class=\"term\" href=\"{}{target}\"><code>{shown}</code></a>", self.root))
            }
            None => Event::Code(code),
        }
    }
}

fn raw<'e>(html: String) -> Event<'e> {
    Event::Html(html.into())
}

fn is_end_of_heading(event: &Event<'_>) -> bool {
    matches!(event, Event::End(TagEnd::Heading(_)))
}

fn plain(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text.to_string()),
        _ => None,
    }
}

fn code_block<'e>(kind: &CodeBlockKind<'_>, parser: &mut Parser<'_>) -> Event<'e> {
    let language = match kind {
        CodeBlockKind::Fenced(language) => language.split([' ', ',']).next().unwrap_or_default().to_owned(),
        CodeBlockKind::Indented => String::new(),
    };
    let inner = parser.take_while(|event| !matches!(event, Event::End(TagEnd::CodeBlock)));
    let code: String = inner.filter_map(|event| plain(&event)).collect();
    raw(code_panel(&language, &code))
}

/// Code as it stands on every page: coloured, to be copied, and to be scrolled by keyboard.
fn code_panel(language: &str, code: &str) -> String {
    let lines = highlight::html(language, code.trim_end());
    let name = escape(if language.is_empty() { "Code" } else { language });
    format!(
        "<div class=\"code\"><pre tabindex=\"0\" role=\"group\" aria-label=\"{name}\"><code>{lines}</code></pre></div>\n"
    )
}

/// The anchor of a heading.
pub(crate) fn slug(words: &str) -> String {
    let kept = words.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect::<String>();
    kept.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Text as text in HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The words of a text, without its marks, for the search.
pub(crate) fn words(text: &str) -> String {
    let mut words = String::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => words.push(' '),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
