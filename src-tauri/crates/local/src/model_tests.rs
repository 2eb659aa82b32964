use std::cell::{Cell, RefCell};

use patchbay_domain::{ChatMessage, Parameters, Role};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::error::{HeaderError, Unsupported};
use crate::fixture::{Meta, Tiny};
use crate::generation::{Ending, TokenCounts};

fn request(text: &str, parameters: Parameters) -> GenerationRequest {
    let messages = vec![ChatMessage::text(Role::User, text.to_owned())];
    GenerationRequest {
        messages,
        continues: false,
        parameters,
        now: None,
    }
}

fn greedy(max_tokens: u32) -> Parameters {
    Parameters {
        temperature: Some(0.0),
        max_tokens: Some(max_tokens),
        ..Parameters::default()
    }
}

fn folder_with(tiny: &Tiny) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = tiny.write(folder.path(), "tiny.gguf");
    (folder, path)
}

fn start(path: PathBuf) -> LocalModel {
    LocalModel::start(path, Variant::Fastest, KEEP_LOADED).unwrap()
}

/// Listens to a whole answer.
fn finish(mut generation: Generation) -> Result<(String, Ending, TokenCounts), GenerateError> {
    let mut whole = String::new();
    loop {
        match generation.blocking_next().expect("exactly one end")? {
            GenerationEvent::Started(_) => {}
            GenerationEvent::Text { text, .. } => whole.push_str(&text),
            GenerationEvent::Finished { ending, counts } => {
                assert!(
                    generation.blocking_next().is_none(),
                    "nothing after the end"
                );
                return Ok((whole, ending, counts));
            }
        }
    }
}

/// Stops listening after some events, and counts how often it is asked afterwards.
struct Leaving {
    after: usize,
    heard: RefCell<Vec<GenerationEvent>>,
}

impl Leaving {
    fn after(after: usize) -> Self {
        Self {
            after,
            heard: RefCell::default(),
        }
    }
}

impl Listener for Leaving {
    fn send(&self, event: GenerationEvent) -> bool {
        self.heard.borrow_mut().push(event);
        self.is_listening()
    }

    fn is_listening(&self) -> bool {
        self.heard.borrow().len() < self.after
    }
}

#[test]
fn an_answer_is_counted_and_ends_once() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let (_, ending, counts) = finish(start(path).generate(request("hi", greedy(20)))).unwrap();
    // <|im_start|> u s e r \n h i <|im_end|> \n <|im_start|> a s s i s t a n t \n
    assert_eq!(
        counts,
        TokenCounts {
            prompt: 21,
            reused: 0,
            completion: 20
        }
    );
    assert_eq!(ending, Ending::MaxTokens);
}

#[test]
fn the_same_request_gives_the_same_answer() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let model = start(path);
    let ask = |seed| {
        let seeded = Parameters {
            temperature: Some(1.0),
            top_p: Some(0.95),
            seed: Some(seed),
            max_tokens: Some(24),
            ..Parameters::default()
        };
        finish(model.generate(request("hello", seeded))).unwrap().0
    };
    let first = ask(1);
    let other = ask(2);
    assert_eq!(first, ask(1));
    assert_ne!(first, other);
    let greedy_answer = || {
        finish(model.generate(request("hello", greedy(24))))
            .unwrap()
            .0
    };
    assert_eq!(greedy_answer(), greedy_answer());
}

#[test]
fn a_stop_text_ends_the_answer_before_itself() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let model = start(path);
    let (whole, ..) = finish(model.generate(request("hello", greedy(40)))).unwrap();
    let letters: Vec<char> = whole.chars().collect();
    let stop: String = letters[letters.len() / 2..][..2].iter().collect();
    let parameters = Parameters {
        stop: vec![stop.clone()],
        ..greedy(40)
    };
    let (cut, ending, counts) = finish(model.generate(request("hello", parameters))).unwrap();
    assert_eq!(ending, Ending::StopText);
    assert_eq!(whole.find(&stop), Some(cut.len()));
    assert!(whole.starts_with(&cut) && counts.completion < 40);
}

#[test]
fn a_full_context_ends_the_answer() {
    let (_folder, path) = folder_with(&Tiny::llama().with("llama.context_length", Meta::U32(40)));
    let model = start(path);
    let (_, ending, counts) = finish(model.generate(request("hi", greedy(400)))).unwrap();
    // The last token is sampled from a full context and never read.
    assert_eq!(
        (ending, counts.prompt + counts.completion),
        (Ending::ContextFull, 41)
    );

    let long = finish(model.generate(request(&"x".repeat(30), greedy(1))));
    assert!(matches!(
        long,
        Err(GenerateError::ContextTooLong {
            prompt: 49,
            context: 40
        })
    ));
}

#[test]
fn nobody_listening_stops_the_model_before_the_next_token() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let mut model = LoadedModel::load(&path).unwrap();
    let listener = Leaving::after(4);
    generate(&mut model, request("hi", greedy(400)), &listener).unwrap();
    let heard = listener.heard.borrow();
    let Some(GenerationEvent::Text { counts, .. }) = heard.last() else {
        panic!("{heard:?}")
    };
    assert_eq!(heard.len(), 4);
    // The token that was just told about has not been read any more.
    assert_eq!(
        model.position() as u64,
        counts.prompt + counts.completion - 1
    );
}

#[test]
fn nobody_listening_stops_the_reading_of_a_long_prompt() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let mut model = LoadedModel::load(&path).unwrap();
    let leaving = Leaving::after(1);
    generate(&mut model, request(&"x".repeat(400), greedy(1)), &leaving).unwrap();
    assert_eq!(model.position(), 0);

    /// Leaves at the second step.
    struct Later(Cell<usize>);
    impl Listener for Later {
        fn send(&self, _: GenerationEvent) -> bool {
            true
        }
        fn is_listening(&self) -> bool {
            self.0.set(self.0.get() + 1);
            self.0.get() < 2
        }
    }
    generate(
        &mut model,
        request(&"x".repeat(400), greedy(1)),
        &Later(Cell::new(0)),
    )
    .unwrap();
    assert_eq!(model.position(), 64);
}

#[test]
fn a_chat_that_goes_on_is_not_read_twice() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let mut model = LoadedModel::load(&path).unwrap();
    let prompt: Vec<u32> = (3..103).collect();
    assert_eq!(model.begin(&prompt, false), 0);
    model.forward(&prompt[..60]).unwrap();
    assert_eq!(model.begin(&prompt, false), 60);
    let continued: Vec<f32> = model.forward(&prompt[60..]).unwrap().to_vec1().unwrap();

    assert_eq!(
        model.begin(&prompt, true),
        0,
        "a seed asks for the same sums in the same order"
    );
    let afresh: Vec<f32> = model.forward(&prompt).unwrap().to_vec1().unwrap();
    let worst = continued
        .iter()
        .zip(&afresh)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    let size = afresh
        .iter()
        .fold(0_f32, |most, logit| most.max(logit.abs()));
    assert!(worst < size * 0.02, "{worst} of {size}");

    assert_eq!(model.begin(&prompt[1..], false), 0, "another beginning");
    assert_eq!(model.position(), 0);
}

#[test]
fn requests_are_answered_in_order_and_one_that_is_dropped_does_not_hold_up_the_next() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let model = start(path);
    let mut running = model.generate(request("one", greedy(400)));
    let waiting = model.generate(request("two", greedy(400)));
    let last = model.generate(request("three", greedy(2)));
    assert!(matches!(
        running.blocking_next(),
        Some(Ok(GenerationEvent::Started(_)))
    ));
    drop(waiting);
    drop(running);
    assert_eq!(finish(last).unwrap().2.completion, 2);
}

#[test]
fn memory_is_freed_when_asked_and_after_a_silence() {
    let (_folder, path) = folder_with(&Tiny::llama());
    let (commands, inbox) = mpsc::channel();
    let model = LocalModel { commands };
    let mut worker = Worker {
        path,
        variant: Variant::AsIs,
        keep_loaded: Duration::ZERO,
        loaded: None,
    };

    let answer = model.generate(request("hi", greedy(1)));
    assert!(worker.step(&inbox));
    finish(answer).unwrap();
    assert!(worker.loaded.is_some());
    assert!(worker.step(&inbox), "the silence");
    assert!(worker.loaded.is_none());

    let answer = model.generate(request("hi", greedy(1)));
    model.unload();
    assert!(worker.step(&inbox));
    finish(answer).unwrap();
    worker.keep_loaded = KEEP_LOADED;
    assert!(worker.step(&inbox), "the command");
    assert!(worker.loaded.is_none());

    drop(model);
    assert!(!worker.step(&inbox), "no handle is left");
}

#[test]
fn a_file_that_vanishes_or_changes_is_noticed() {
    let (folder, path) = folder_with(&Tiny::llama());
    let model = LocalModel::start(path.clone(), Variant::AsIs, KEEP_LOADED).unwrap();
    finish(model.generate(request("hi", greedy(1)))).unwrap();

    std::fs::remove_file(&path).unwrap();
    let gone = finish(model.generate(request("hi", greedy(1))));
    assert!(matches!(
        gone,
        Err(GenerateError::Load(LoadError::Missing(_)))
    ));

    Tiny::llama()
        .with("llama.context_length", Meta::U32(22))
        .write(folder.path(), "tiny.gguf");
    let (_, ending, _) = finish(model.generate(request("hi", greedy(400)))).unwrap();
    assert_eq!(ending, Ending::ContextFull);
}

#[test]
fn files_that_cannot_be_used_say_why_and_the_thread_lives_on() {
    let (folder, path) = folder_with(&Tiny::llama());
    let model = start(path.clone());
    let (whole, _) = Tiny::llama().bytes();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        match finish(model.generate(request("hi", greedy(1)))) {
            Err(GenerateError::Load(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let cut = load(&whole[..whole.len() - 100]);
    assert!(matches!(
        cut,
        LoadError::Header(HeaderError::CutTensors { .. })
    ));
    assert!(matches!(
        load(b"%PDF-1.7"),
        LoadError::Header(HeaderError::NotGguf)
    ));
    let foreign = Tiny::llama()
        .with("general.architecture", Meta::Text("mamba"))
        .bytes()
        .0;
    let Err(error) = Err::<(), _>(load(&foreign)) else {
        unreachable!()
    };
    assert_eq!(
        error.to_string(),
        "this model cannot be run: its architecture is mamba; only llama runs here"
    );
    let template = Tiny::llama()
        .with("tokenizer.chat_template", Meta::Text("{% if"))
        .bytes()
        .0;
    assert!(matches!(load(&template), LoadError::ChatTemplate(_)));
    let plain = Tiny::llama().with("tokenizer.ggml.token_type", Meta::Integers(vec![1; 261]));
    let plain = plain
        .without("tokenizer.ggml.bos_token_id")
        .without("tokenizer.ggml.eos_token_id");
    assert!(matches!(
        load(&plain.bytes().0),
        LoadError::Unsupported(Unsupported::NoChatTemplate)
    ));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        2,
        "the file and its last copy"
    );

    std::fs::write(&path, &whole).unwrap();
    finish(model.generate(request("hi", greedy(1)))).unwrap();
}

#[test]
fn a_read_only_folder_still_answers() {
    let (_folder, path) = folder_with(&Tiny::llama());
    // Stands in for every reason why the copy cannot be written; the tests may run as root.
    std::fs::create_dir(crate::prepare::prepared_path(&path)).unwrap();
    finish(start(path).generate(request("hi", greedy(1)))).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damage_to_a_whole_file_ends_in_an_answer_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
    ) {
        let (mut bytes, header) = Tiny::llama().bytes();
        for (index, bit) in changes {
            bytes[index.index(header)] ^= 1 << bit;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        std::fs::write(&path, bytes).unwrap();
        let outcome = finish(start(path).generate(request("hi", greedy(2))));
        prop_assert!(!matches!(outcome, Err(GenerateError::Crashed)), "a panic got through");
    }
}
