//! Reads the words of a prototype.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// Why a text is no [`Prototype`](super::Prototype).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrototypeError {
    /// What is wrong, and what is possible there.
    pub reason: String,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

impl core::error::Error for PrototypeError {}

impl fmt::Display for PrototypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.reason, self.offset + 1)
    }
}

pub(super) type Result<T> = core::result::Result<T, PrototypeError>;

/// A text, and how far it was read.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// In bytes, at the start of a character.
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Reader { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.spaces();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    pub(super) fn expect(&mut self, token: &str, or: &str) -> Result<()> {
        if self.eat(token) { Ok(()) } else { self.fail(or) }
    }

    /// The word that comes next; empty if there is none.
    pub(super) fn peek_word(&mut self) -> &'a str {
        self.spaces();
        let rest = self.rest();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest.split(|c| !is_word(c)).next().unwrap_or("")
    }

    pub(super) fn word(&mut self, what: &str) -> Result<&'a str> {
        let word = self.peek_word();
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
            return self.fail(format!("expected {what}"));
        }
        self.at += word.len();
        Ok(word)
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == word;
        self.at += if found { word.len() } else { 0 };
        found
    }

    pub(super) fn fail<T>(&mut self, reason: impl Into<String>) -> Result<T> {
        self.spaces();
        self.fail_at(self.at, reason)
    }

    pub(super) fn fail_at<T>(&self, offset: usize, reason: impl Into<String>) -> Result<T> {
        Err(PrototypeError { reason: reason.into(), offset })
    }
}

/// Words that cannot be a name in a header for C and C++.
pub(crate) fn is_keyword(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "alignas",
        "alignof",
        "and",
        "asm",
        "auto",
        "bool",
        "break",
        "case",
        "catch",
        "char",
        "class",
        "const",
        "constexpr",
        "continue",
        "decltype",
        "default",
        "delete",
        "do",
        "double",
        "else",
        "enum",
        "explicit",
        "export",
        "extern",
        "false",
        "float",
        "for",
        "friend",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "mutable",
        "namespace",
        "new",
        "noexcept",
        "not",
        "nullptr",
        "operator",
        "or",
        "private",
        "protected",
        "public",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "template",
        "this",
        "throw",
        "true",
        "try",
        "typedef",
        "typeid",
        "typename",
        "union",
        "unsigned",
        "using",
        "virtual",
        "void",
        "volatile",
        "while",
        "xor",
    ];
    WORDS.contains(&word)
}
