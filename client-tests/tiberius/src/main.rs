//! The long-lived probe of tiberius, as ../harness/serving.py describes it. One task per connection; tiberius has no cancel,
//! no prepared statements, no output parameters and no pool.

mod session;
mod values;

use serde_json::{json, Value};
use session::{Failure, Session};
use std::collections::HashMap;
use std::io::Write;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};

fn say(record: Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{record}").and_then(|()| out.flush()).expect("nobody reads the answers");
}

async fn work_off(mut commands: UnboundedReceiver<Value>) {
    let mut session: Option<Session> = None;
    while let Some(command) = commands.recv().await {
        let result = match command["op"].as_str() {
            Some("open") => Session::open(&command).await.map(|made| {
                session = Some(made);
                json!({})
            }),
            Some("close") => match session.take() {
                Some(made) => made.close().await,
                None => Ok(json!({})),
            },
            _ => match &mut session {
                Some(made) => made.carry_out(&command).await,
                None => Err(Failure::Plain("no such connection".into())),
            },
        };
        let id = &command["id"];
        say(match result {
            Ok(answer) => json!({"id": id, "ok": answer}),
            Err(Failure::NotOffered(why)) => json!({"id": id, "not_offered": why}),
            Err(failure) => json!({"id": id, "error": failure.describe()}),
        });
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    say(json!({"event": "loaded"}));
    let tasks = tokio::task::LocalSet::new();
    tasks.run_until(read_commands()).await;
}

async fn read_commands() {
    let mut queues: HashMap<String, UnboundedSender<Value>> = HashMap::new();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let command: Value = serde_json::from_str(&line).expect("a command is JSON");
        let makes = matches!(command["op"].as_str(), Some("open" | "acquire"));
        let name = command[if makes { "as" } else { "on" }].as_str().unwrap_or_default().to_owned();
        if command["op"] == "cancel" {
            say(json!({"id": command["id"], "not_offered": "no cancel"}));
            continue;
        }
        let queue = queues.entry(name).or_insert_with(|| {
            let (sender, receiver) = unbounded_channel();
            tokio::task::spawn_local(work_off(receiver));
            sender
        });
        queue.send(command).expect("the task of a connection lives as long as the probe");
    }
}
