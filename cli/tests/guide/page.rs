//! A page's blocks.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// What stands above a block.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) file: Option<String>,
    pub(crate) output: bool,
    pub(crate) fails: bool,
    pub(crate) needs: Vec<String>,
    pub(crate) makes: Option<String>,
    pub(crate) not_run: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) notes: Notes,
    pub(crate) text: String,
}

/// All fenced blocks.
///
/// # Errors
///
/// A comment that is none of the known ones but looks like one.
pub(crate) fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut found = Vec::new();
    let mut notes = Notes::default();
    let mut current: Option<Block> = None;
    for (event, range) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Html(html) => note(&html, &mut notes).map_err(|why| at(page, &range, &why))?,
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let line = line_of(page, &range);
                let notes = std::mem::take(&mut notes);
                current = Some(Block { line, language, notes, text: String::new() });
            }
            Event::Text(text) => {
                if let Some(block) = &mut current {
                    block.text += &text;
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(current.take()),
            Event::Start(_) => notes = Notes::default(),
            _ => {}
        }
    }
    Ok(found)
}

/// Reads one comment.
fn note(html: &str, notes: &mut Notes) -> Result<(), String> {
    let Some(text) = html.trim().strip_prefix("<!--").and_then(|it| it.strip_suffix("-->")) else {
        return Ok(());
    };
    for part in text.split(';').map(str::trim) {
        let (word, value) = part.split_once(':').unwrap_or((part, ""));
        let value = value.trim().to_owned();
        match word.trim() {
            "file" => notes.file = Some(value),
            "output" => notes.output = true,
            "fails" => notes.fails = true,
            "needs" => notes.needs.extend(value.split(',').map(|it| it.trim().to_owned())),
            "makes" => notes.makes = Some(value),
            "not run" => notes.not_run = Some(value),
            "build-help" | "/build-help" => {}
            _ => return Err(format!("`{part}` is no note of the guide's")),
        }
    }
    Ok(())
}

fn line_of(page: &str, range: &Range<usize>) -> usize {
    page[..range.start].matches('\n').count() + 1
}

fn at(page: &str, range: &Range<usize>, why: &str) -> String {
    format!("line {}: {why}", line_of(page, range))
}
