//! `patchbay ask`: a question, an answer, and its receipt.

use std::sync::Arc;

use patchbay_domain::route::Target;
use patchbay_domain::{FailureClass, Message, MessageStatus, Parameters, RunId};
use patchbay_engine::{Engine, Question, RunOrigin, RunSink, RunUpdate, SequencedUpdate, StartRun};
use tokio::sync::mpsc;

use crate::answer::{AnswerReport, attempts, receipt_lines};
use crate::arguments::{AskArguments, Shared};
use crate::failure::Failed;
use crate::interrupt::Interrupt;
use crate::money::Money;
use crate::table::harmless;
use crate::terminal::{self, Terminal};
use crate::{named, over_http, session};

pub(crate) async fn ask(
    shared: &Shared,
    arguments: AskArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let text = question(&arguments.text)?;
    let engine = match session::open(shared, terminal).await {
        Err(failed) if failed.is_in_use() => {
            return over_http::ask(shared, &arguments, text, failed, terminal).await;
        }
        opened => opened?,
    };
    let asked = ask_engine(&engine, shared, arguments, text, terminal).await;
    session::close(&engine).await;
    asked
}

/// The text of the arguments, and behind it what comes on standard input where that is no terminal.
fn question(words: &[String]) -> Result<String, Failed> {
    let typed = words.join(" ");
    let is_piped = !terminal::input_is_terminal();
    let sent = if is_piped {
        terminal::read_input()?
    } else {
        String::new()
    };
    let parts: Vec<&str> = [typed.trim(), sent.trim_end()]
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .collect();
    if parts.is_empty() {
        return Err(Failed::usage(
            "There is no question.",
            "Write it behind the command, or send it to standard input.",
        ));
    }
    Ok(parts.join("\n\n"))
}

async fn ask_engine(
    engine: &Arc<Engine>,
    shared: &Shared,
    arguments: AskArguments,
    text: String,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::hold_keys(engine, &arguments.held.key_from_env).await?;
    let (question, before) = match &arguments.chat {
        Some(id) => follow(engine, id, text).await?,
        None => (
            Question::New {
                text,
                system_prompt: arguments.system.clone(),
                parameters: Parameters {
                    temperature: arguments.temperature,
                    max_tokens: arguments.max_tokens,
                    ..Parameters::default()
                },
            },
            None,
        ),
    };
    let target = match (&arguments.model, before) {
        (Some(name), _) => named::target(engine, name).await?,
        (None, Some(target)) => target,
        (None, None) => usual(engine).await?,
    };
    let mut interrupt = Interrupt::watch()?;
    let (sender, mut updates) = mpsc::unbounded_channel();
    let started = engine
        .start_run(
            StartRun {
                question,
                target,
                origin: RunOrigin::Chat,
            },
            Some(Box::new(move |_: RunId, _: &patchbay_engine::Choice| {
                Box::new(move |batch: Vec<SequencedUpdate>| {
                    batch
                        .into_iter()
                        .all(|sequenced| sender.send(sequenced.update).is_ok())
                }) as RunSink
            })),
        )
        .await?;
    let streams = !shared.json && (terminal.out_is_terminal() || arguments.stream);
    let mut shown = Shown::new(streams);
    let mut ended: Option<Box<Message>> = None;
    let mut unsaved = None;
    loop {
        let update = tokio::select! {
            update = updates.recv() => update,
            () = interrupt.told() => {
                engine.stop_run(started.run);
                continue;
            }
        };
        match update {
            Some(RunUpdate::Text(text)) => shown.text(&text, terminal)?,
            Some(RunUpdate::Discard) => shown.discard(terminal)?,
            Some(RunUpdate::Unsaved { sentence, advice }) => {
                if unsaved.is_none() {
                    terminal.note(&format!("{sentence} {advice}"));
                }
                unsaved = Some(());
            }
            Some(RunUpdate::Ended(message)) => {
                ended = Some(message);
                break;
            }
            Some(_) => {}
            None => break,
        }
    }
    let message = ended.ok_or_else(|| {
        Failed::new(
            "The answer broke off by a fault of Patchbay's.",
            "What arrived is in the history. Ask again.",
        )
    })?;
    let detail = engine.receipt(started.run).await?;
    let is_whole = message.status == MessageStatus::Complete;
    if shared.json {
        terminal.json(&AnswerReport {
            chat: Some(started.conversation.id.to_string()),
            run: started.run.to_string(),
            text: message.text.clone(),
            reasoning: message.reasoning.clone(),
            status: message.status.as_str(),
            route: detail.route_name.clone(),
            note: detail.budget_note.clone(),
            cost: Money::of(detail.receipt.cost()),
            attempts: attempts(&detail.receipt),
        })?;
    } else {
        shown.end(&message.text, is_whole, terminal)?;
        if !arguments.quiet {
            if let Some(note) = &detail.budget_note {
                terminal.note(note);
            }
            for line in receipt_lines(&detail.receipt) {
                terminal.note(&line);
            }
        }
    }
    match &detail.failure {
        _ if is_whole => Ok(()),
        Some(failure) => {
            let name = detail
                .receipt
                .last()
                .map_or("The provider", |attempt| attempt.provider_name.as_str());
            let sentence = match failure.class {
                FailureClass::OverBudget => failure.message.clone(),
                class => class.sentence(name),
            };
            Err(Failed::new(sentence, failure.class.advice()))
        }
        None => Err(Failed::new(
            "The answer was stopped.",
            "What arrived is in the history.",
        )),
    }
}

/// What is on standard output.
struct Shown {
    streams: bool,
    is_empty: bool,
    ends_with_line: bool,
}

impl Shown {
    fn new(streams: bool) -> Self {
        Self {
            streams,
            is_empty: true,
            ends_with_line: true,
        }
    }

    fn text(&mut self, text: &str, terminal: &mut Terminal) -> Result<(), Failed> {
        if !self.streams || text.is_empty() {
            return Ok(());
        }
        self.is_empty = false;
        self.ends_with_line = text.ends_with('\n');
        if terminal.out_is_terminal() {
            terminal.print(&harmless(text))
        } else {
            terminal.print(text)
        }
    }

    /// What is printed cannot be taken back: it is said that it does not count.
    fn discard(&mut self, terminal: &mut Terminal) -> Result<(), Failed> {
        if !self.streams || self.is_empty {
            return Ok(());
        }
        self.line(terminal)?;
        terminal.note("That was half an answer. Another way in begins it anew:");
        self.is_empty = true;
        Ok(())
    }

    fn end(&mut self, text: &str, is_whole: bool, terminal: &mut Terminal) -> Result<(), Failed> {
        if self.streams {
            return self.line(terminal);
        }
        // Half an answer is no result: it is in the history, and the code says that it failed.
        if is_whole {
            terminal.print(text)?;
            self.ends_with_line = text.ends_with('\n');
            return self.line(terminal);
        }
        Ok(())
    }

    fn line(&mut self, terminal: &mut Terminal) -> Result<(), Failed> {
        if !self.ends_with_line {
            self.ends_with_line = true;
            terminal.print("\n")?;
        }
        Ok(())
    }
}

/// The next question of a chat, and whom it asked before.
async fn follow(
    engine: &Engine,
    id: &str,
    text: String,
) -> Result<(Question, Option<Target>), Failed> {
    let conversation = id.parse().map_err(|_| {
        Failed::usage(
            "That is no id of a chat.",
            "It stands in what \"patchbay ask --json\" prints.",
        )
    })?;
    let detail = engine.conversation(conversation).await?;
    let question = Question::Follow {
        conversation,
        parent: detail.record.active_leaf,
        text,
    };
    Ok((question, detail.record.summary.last_target))
}

/// Whom to ask where nobody is named: the first route, else what was asked last, else the only model.
async fn usual(engine: &Engine) -> Result<Target, Failed> {
    if let Some(first) = engine.routes().await?.first() {
        return Ok(Target::Route { id: first.id });
    }
    let mut models = engine.models().await?;
    models.retain(|model| model.is_chat && model.unavailable_because.is_none());
    let last = models
        .iter()
        .filter(|model| model.last_used_at.is_some())
        .max_by_key(|model| model.last_used_at);
    let chosen = match (last, models.as_slice()) {
        (Some(last), _) => last,
        (None, [only]) => only,
        (None, []) => {
            return Err(Failed::new(
                "There is no model that can be asked.",
                "Add a provider (patchbay provider add), or fetch the model that runs on this \
                 computer (patchbay local-model download).",
            ));
        }
        (None, _) => {
            return Err(Failed::usage(
                "Nobody is named, and there is no route.",
                "Name a model with --model, or make a route: patchbay route add",
            ));
        }
    };
    Ok(Target::Endpoint {
        endpoint: chosen.endpoint.clone(),
    })
}
