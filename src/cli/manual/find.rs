//! Finds what a person asks `bundle help` for.

use super::pages::Page;
use crate::spec::decode::closest;

/// What was found under a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A command, and the page whose last part has the same name.
    Command { name: String, page: Option<&'a Page> },
    /// A page, and the others whose last part is the same.
    Page { page: &'a Page, others: Vec<&'a Page> },
    /// Neither; what to do about it.
    Nothing { hint: String },
}

/// Finds a command or a page. A page can be named in full (`reference/spec`) or by its last part (`spec`); of several pages with
/// the same last part, the first one is found. A command with the same name comes before a page.
pub(super) fn find<'a>(topic: &str, commands: &[String], pages: &'a [Page]) -> Found<'a> {
    let named = pages.iter().find(|page| page.name == topic);
    let short: Vec<_> = pages.iter().filter(|page| page.short() == topic).collect();
    let page = named.or(short.first().copied());
    if commands.iter().any(|command| command == topic) {
        return Found::Command { name: topic.to_owned(), page };
    }
    match page {
        Some(page) => {
            let others = short.into_iter().filter(|other| other.name != page.name).collect();
            Found::Page { page, others }
        }
        None => Found::Nothing { hint: nearest(topic, commands, pages) },
    }
}

fn nearest(topic: &str, commands: &[String], pages: &[Page]) -> String {
    let names = pages.iter().flat_map(|page| [page.name, page.short()]);
    let known: Vec<_> = commands.iter().map(String::as_str).chain(names).collect();
    match closest(topic, &known) {
        Some(near) => format!("did you mean `bundle help {near}`?"),
        None => "`bundle help` lists every command and page".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: &[Page] = &[
        Page { name: "tutorial", text: "" },
        Page { name: "guides/serve", text: "" },
        Page { name: "reference/layer", text: "" },
        Page { name: "guides/layer", text: "" },
    ];

    fn look(topic: &str) -> Found<'static> {
        find(topic, &["build".to_owned(), "serve".to_owned()], PAGES)
    }

    #[test]
    fn a_page_is_found_by_its_whole_name_or_its_last_part() {
        for (topic, page) in
            [("tutorial", 0), ("reference/layer", 2), ("guides/layer", 3), ("guides/serve", 1)]
        {
            assert_eq!(look(topic), Found::Page { page: &PAGES[page], others: vec![] });
        }
    }

    #[test]
    fn the_first_of_several_pages_is_found_and_names_the_others() {
        assert_eq!(look("layer"), Found::Page { page: &PAGES[2], others: vec![&PAGES[3]] });
    }

    #[test]
    fn a_command_comes_first_and_names_the_page() {
        assert_eq!(look("build"), Found::Command { name: "build".into(), page: None });
        assert_eq!(look("serve"), Found::Command { name: "serve".into(), page: Some(&PAGES[1]) });
    }

    #[test]
    fn an_unknown_topic_gets_a_hint() {
        for (topic, expected) in [
            ("biuld", "did you mean `bundle help build`?"),
            ("tutorail", "did you mean `bundle help tutorial`?"),
            ("quux", "`bundle help` lists every command and page"),
        ] {
            assert_eq!(look(topic), Found::Nothing { hint: expected.to_owned() });
        }
    }
}
