//! A bot on the headless client: it asks for everybody it is told of, and says what it hears.
//!
//! ```text
//! cargo run --release --example echo_bot -- HOST[:PORT][#FINGERPRINT] ID…
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use bauta::net::client::event::MessageState;
use bauta::net::client::{
    self, ChannelOptions, Command, Event, Options, ProfilePlace, Target, Way,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().ok_or("usage: echo_bot HOST[:PORT][#FINGERPRINT] ID...")?;
    let address = Target::parse(&target, 6174)?.address().clone();
    let (channel, profile) = (ChannelOptions::default(), ProfilePlace::Ephemeral);
    let mut bot = client::start(Options { address, way: Way::Direct, channel, profile }).await?;
    for contact in arguments {
        bot.send(Command::Add { contact, nickname: None }).await;
    }
    while let Some(event) = bot.next().await {
        match event {
            Event::Ready { id, .. } => println!("my ID is {id}"),
            Event::Message(heard) if heard.state == MessageState::Received => {
                let (contact, text) = (heard.contact, heard.text);
                bot.send(Command::Send { contact, text, reply_to: None }).await;
            }
            Event::Refused(refusal) => eprintln!("{refusal}"),
            _ => {}
        }
    }
    Ok(())
}
