//! `{{name}}` in a text.

use super::Row;

/// The names in a text, each once, in order. A name is what stands between two braces without spaces
/// around it, and holds no brace.
pub fn variables(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in parts(text) {
        if let Part::Name(name) = part
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// The text with every known name replaced. An unknown one stays as it is, and what a variable holds
/// is never read as a template itself.
pub fn fill(text: &str, row: &Row) -> String {
    let mut filled = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Name(name) => match row.get(name) {
                Some(value) => filled.push_str(value),
                None => {
                    filled.push_str("{{");
                    filled.push_str(name);
                    filled.push_str("}}");
                }
            },
        }
    }
    filled
}

enum Part<'text> {
    Text(&'text str),
    Name(&'text str),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some((before, after)) = rest.split_at_checked(open + 2) else {
            break;
        };
        let name = after
            .find("}}")
            .and_then(|close| after.split_at_checked(close));
        match name {
            Some((name, _)) if is_name(name) => {
                parts.push(Part::Text(before.strip_suffix("{{").unwrap_or(before)));
                parts.push(Part::Name(name.trim()));
                rest = after.get(name.len() + 2..).unwrap_or_default();
            }
            // Only one brace is passed over, since `{{{name}}` has a name in it.
            _ => {
                let (before, after) = rest.split_at_checked(open + 1).unwrap_or((rest, ""));
                parts.push(Part::Text(before));
                rest = after;
            }
        }
    }
    parts.push(Part::Text(rest));
    parts
}

fn is_name(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.chars().count() <= 60 && !name.contains(['{', '}', '\n'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row() -> Row {
        Row::from([
            ("city".to_owned(), "Lima".to_owned()),
            ("loop".to_owned(), "{{city}}".to_owned()),
        ])
    }

    #[test]
    fn names_are_replaced_and_nothing_else() {
        let cases = [
            ("To {{city}}!", "To Lima!"),
            ("{{ city }}{{city}}", "LimaLima"),
            ("{{loop}}", "{{city}}"),
            ("{{other}} and {city}", "{{other}} and {city}"),
            ("{{{city}}}", "{Lima}"),
            ("{{", "{{"),
            ("{{}} {{\n}}", "{{}} {{\n}}"),
            ("", ""),
        ];
        for (template, expected) in cases {
            assert_eq!(fill(template, &row()), expected, "{template}");
        }
    }

    #[test]
    fn each_name_is_told_once() {
        assert_eq!(variables("{{a}} {{b}} {{ a }} {{"), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn without_variables_a_text_stays_as_it_is(text in "[a-z{} \\n\u{e9}]{0,60}") {
            prop_assume!(variables(&text).iter().all(|name| text.contains(&format!("{{{{{name}}}}}"))));
            prop_assert_eq!(fill(&text, &Row::new()), text);
        }
    }
}
