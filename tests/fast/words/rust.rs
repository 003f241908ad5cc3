//! Reads string literals and comments out of Rust sources.

/// A text in lower case and with single spaces, and the line of each of its characters.
#[derive(Debug, Default)]
pub struct Text {
    letters: Vec<char>,
    lines: Vec<usize>,
}

impl Text {
    /// Returns a whole file as one text, without the signs that begin its lines of comments or quotations.
    pub fn plain(file: &str) -> Self {
        let mut text = Self::default();
        for (at, line) in file.lines().enumerate() {
            let words = line.trim_start().trim_start_matches(['#', '/', '>', ' ']);
            words.chars().chain(['\n']).for_each(|letter| text.push(letter, at + 1));
        }
        text
    }

    /// Returns the lines on which a phrase begins. With a star at its end, it may continue as any word.
    pub fn lines_with(&self, phrase: &str) -> Vec<usize> {
        let (phrase, open) = phrase.strip_suffix('*').map_or((phrase, false), |stem| (stem, true));
        let wanted: Vec<_> = phrase.chars().collect();
        let begins = |at: usize| at == 0 || !is_word(self.letters[at - 1]);
        let ends = |at: usize| open || !self.letters.get(at).copied().is_some_and(is_word);
        (0..self.letters.len())
            .filter(|at| self.letters[*at..].starts_with(&wanted) && begins(*at) && ends(at + wanted.len()))
            .map(|at| self.lines[at])
            .collect()
    }

    fn push(&mut self, letter: char, line: usize) {
        if !letter.is_whitespace() {
            self.letters.extend(letter.to_lowercase());
        } else if self.letters.last().is_none_or(|last| *last != ' ') {
            self.letters.push(' ');
        }
        self.lines.resize(self.letters.len(), line);
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the string literals and the comments of a source file. Comments on consecutive lines are one text.
pub fn texts(source: &str) -> Vec<Text> {
    let mut reader = Reader { source: source.chars().collect(), at: 0, line: 1, texts: Vec::new() };
    while reader.at < reader.source.len() {
        reader.token();
    }
    reader.texts
}

struct Reader {
    source: Vec<char>,
    at: usize,
    line: usize,
    texts: Vec<Text>,
}

impl Reader {
    fn token(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (Some('/'), Some('/')) => self.comment(),
            (Some('/'), Some('*')) => self.block(),
            (Some('"'), _) => self.string(),
            (Some('\''), _) => self.quote(),
            (Some('r'), Some('"' | '#')) if !self.is_in_word() => self.raw(1),
            (Some('b' | 'c'), Some('r')) if !self.is_in_word() => self.raw(2),
            _ => self.skip(1),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(letter == '\n');
        Some(letter)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn is_in_word(&self) -> bool {
        self.at > 0 && is_word(self.source[self.at - 1])
    }

    /// Reads a comment, and those that begin on the lines after it.
    fn comment(&mut self) {
        let mut text = Text::default();
        while (self.peek(0), self.peek(1)) == (Some('/'), Some('/')) {
            while self.peek(0).is_some_and(|letter| letter == '/' || letter == '!') {
                self.skip(1);
            }
            while let Some(letter) = self.peek(0).filter(|letter| *letter != '\n') {
                text.push(letter, self.line);
                self.skip(1);
            }
            text.push(' ', self.line);
            self.skip(1);
            while self.peek(0).is_some_and(|letter| letter == ' ') {
                self.skip(1);
            }
        }
        self.texts.push(text);
    }

    /// Reads a comment between `/*` and `*/`, which nest.
    fn block(&mut self) {
        let (mut text, mut depth) = (Text::default(), 0_usize);
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => break,
                (Some(letter), _) => {
                    text.push(letter, self.line);
                    self.skip(1);
                    continue;
                }
            }
            self.skip(2);
            if depth == 0 {
                break;
            }
        }
        self.texts.push(text);
    }

    fn string(&mut self) {
        let mut text = Text::default();
        self.skip(1);
        while let Some(letter) = self.next() {
            match letter {
                '"' => break,
                '\\' => self.escape(&mut text),
                letter => text.push(letter, self.line),
            }
        }
        self.texts.push(text);
    }

    /// Reads what follows a backslash. A newline and the blanks after it are nothing.
    fn escape(&mut self, text: &mut Text) {
        match self.next() {
            Some('\n') => {
                while self.peek(0).is_some_and(char::is_whitespace) {
                    self.skip(1);
                }
            }
            Some('n' | 't' | 'r') => text.push(' ', self.line),
            Some(letter) => text.push(letter, self.line),
            None => {}
        }
    }

    /// Reads a raw string whose `r` is the last of so many letters. `r#name` is not one.
    fn raw(&mut self, prefix: usize) {
        let hashes = self.source[self.at + prefix..].iter().take_while(|letter| **letter == '#').count();
        if self.peek(prefix + hashes) != Some('"') {
            return self.skip(prefix);
        }
        self.skip(prefix + hashes + 1);
        let mut text = Text::default();
        while let Some(letter) = self.next() {
            if letter == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                break;
            }
            text.push(letter, self.line);
        }
        self.texts.push(text);
    }

    /// Skips a character literal, so that `'"'` begins no string; of a lifetime, the quote.
    fn quote(&mut self) {
        self.skip(1);
        if self.peek(0) == Some('\\') {
            self.skip(2);
            while self.next().is_some_and(|letter| letter != '\'') {}
        } else if self.peek(1) == Some('\'') {
            self.skip(2);
        }
    }
}

mod tests {
    use super::*;

    fn read(source: &str) -> Vec<(usize, String)> {
        let first = |text: &Text| text.lines.first().copied().unwrap_or_default();
        let words = |text: &Text| text.letters.iter().collect::<String>().trim().to_owned();
        texts(source).iter().map(|text| (first(text), words(text))).collect()
    }

    #[test]
    fn literals_and_comments_are_texts_and_code_is_not() {
        for (source, expected) in [
            (
                "//! One\n//! two\n\n/// Three\nfn four() {} // five\n",
                &[(1, "one two"), (4, "three"), (5, "five")][..],
            ),
            ("let a = \"x \\\"y\\\" z\"; b(\"w\")", &[(1, "x \"y\" z"), (1, "w")]),
            ("let a = \"one \\\n    two\\nthree\";", &[(1, "one two three")]),
            (
                "r#\"a \"quoted\" // b\"# + r\"c\\\" + br##\"d\"# e\"##",
                &[(1, "a \"quoted\" // b"), (1, "c\\"), (1, "d\"# e")],
            ),
            ("let q = '\"'; let e = '\\''; let u = '\\u{7f}'; f::<'a>(\"g\")", &[(1, "g")]),
            ("let r#type = for_r(\"a\"); break", &[(1, "a")]),
            ("/* a /* b */ c */ \"d\"\n\n\"e\"", &[(1, "a b c"), (1, "d"), (3, "e")]),
            ("\"open", &[(1, "open")]),
            ("/* open", &[(1, "open")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
            assert_eq!(read(source), expected, "{source}");
        }
    }

    #[test]
    fn a_phrase_across_lines_counts_from_its_first_word() {
        let text = &texts("// a\n    // b\n// c\n")[0];
        assert_eq!((text.lines_with("b c"), text.lines_with("c d")), (vec![2], vec![]));
    }
}
