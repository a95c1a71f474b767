//! A conversation of 100,000 messages in a real window: how long it takes to open, what a frame
//! costs while it is scrolled, and how much memory it holds. Needs a display; ends by itself.
//!
//! `cargo bench --bench window`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::as_conversions,
    reason = "a bench measures with the real clock, and stops when something is wrong"
)]

use std::time::Duration;
use std::time::Instant;

use bauta::id::Id;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Event;
use bauta::net::client::event::Contact;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Link;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::ui::App;
use bauta::ui::Clock;
use bauta::ui::ViewModel;
use egui::Key;
use egui::Modifiers;
use egui::Ui;

const MESSAGES: u32 = 100_000;
const FRAMES: usize = 300;

/// The IDs of the README.
const OWN: &str = "0fmt q960 bfsn cmyt phqf c4sv 8d2a 72tq q6qp 2sg4 j0c0 twcb 7188 2501";
const OTHER: &str = "mt9d hqs5 6wb9 6ye8 kph1 6nhh 2sp2 cv3c y3ae 39cr ppx1 nea4 ptdd yyg1";

struct Bench {
    app: App,
    before: bool,
    opened: Option<Duration>,
    frames: Vec<Duration>,
    started: Instant,
    cpu: Duration,
}

impl eframe::App for Bench {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        if !self.before {
            // A frame without the conversation, so that fonts are no part of opening it.
            self.before = true;
            self.app.frame(ui);
            println!("first frame       {:>8.1} ms", ms(self.started.elapsed()));
            ui.ctx().request_repaint();
            return;
        }
        let opening = self.opened.is_none();
        if opening {
            self.app.open(OTHER.parse().unwrap());
        } else {
            self.scroll(ui);
        }
        let begun = Instant::now();
        self.app.frame(ui);
        let took = begun.elapsed();
        if opening {
            self.opened = Some(took);
            self.cpu = cpu();
        } else {
            self.frames.push(took);
        }
        if self.frames.len() == FRAMES {
            self.report();
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
        ui.ctx().request_repaint();
    }
}

impl Bench {
    /// Mostly page by page, now and then to an end.
    fn scroll(&self, ui: &Ui) {
        let (key, modifiers) = match self.frames.len() % 100 {
            50 => (Key::Home, Modifiers::COMMAND),
            99 => (Key::End, Modifiers::COMMAND),
            51..99 => (Key::PageDown, Modifiers::NONE),
            _ => (Key::PageUp, Modifiers::NONE),
        };
        let (physical_key, pressed, repeat) = (None, true, false);
        let event = egui::Event::Key { key, physical_key, pressed, repeat, modifiers };
        ui.input_mut(|input| input.events.push(event));
    }

    fn report(&mut self) {
        self.frames.sort();
        let at = |part: usize| ms(self.frames[self.frames.len() * part / 100]);
        println!("open {MESSAGES}       {:>8.1} ms", ms(self.opened.unwrap()));
        println!(
            "scrolled frame    {:>8.1} ms median, {:.1} ms p95 (layout, without painting)",
            at(50),
            at(95)
        );
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let rss = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS unknown");
        println!("{rss}");
        let each = (cpu() - self.cpu) / u32::try_from(FRAMES).unwrap();
        println!("cpu per frame     {:>8.1} ms, all threads, painting included", ms(each));
    }
}

/// What this process has used of the processors, in steps of 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |at| fields.split_whitespace().nth(at).and_then(|field| field.parse::<u64>().ok());
    Duration::from_millis(10 * (ticks(11).unwrap() + ticks(12).unwrap()))
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn model() -> ViewModel {
    let (own, other): (Id, Id) = (OWN.parse().unwrap(), OTHER.parse().unwrap());
    let mut model = ViewModel::default();
    let mut fold = |event| drop(model.fold(event, Duration::ZERO));
    fold(Event::Ready { id: own, ephemeral: false });
    fold(Event::Link(Link::Connected(ChannelOptions::default())));
    let state = ContactState::Matched;
    fold(Event::Contact(Contact::new(other, state)));
    let messages = (0..MESSAGES).map(|n| message(other, n)).collect();
    fold(Event::History { contact: other, messages, more: false });
    model
}

fn message(contact: Id, n: u32) -> Message {
    let words = "the usual place at nine and nobody else will be there ".repeat(1 + n as usize % 5);
    let text = format!("{n}: {words}");
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    let state = if n.is_multiple_of(3) { MessageState::Received } else { MessageState::Delivered };
    let written = 1_700_000_000_000 + u64::from(n) * 600_000;
    Message::new(contact, MessageId(id), text, written, state)
}

fn main() {
    // The test runner asks benches whether they have tests.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let started = Instant::now();
    let viewport = egui::ViewportBuilder::default().with_inner_size([980.0, 680.0]);
    let renderer = eframe::Renderer::Glow;
    let options = eframe::NativeOptions { viewport, renderer, ..Default::default() };
    let made = move |context: &eframe::CreationContext<'_>| {
        let app = App::of(model(), Clock::utc(), &context.egui_ctx);
        let bench = Bench {
            app,
            before: false,
            opened: None,
            frames: Vec::new(),
            started,
            cpu: Duration::ZERO,
        };
        Ok(Box::new(bench) as Box<dyn eframe::App>)
    };
    eframe::run_native("bauta bench", options, Box::new(made)).unwrap();
}
