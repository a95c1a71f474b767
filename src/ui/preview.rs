//! Pictures that somebody asked to see. Nothing is decoded before, nor on the window's thread.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;

use egui::ColorImage;
use egui::Context;
use egui::TextureHandle;
use egui::TextureOptions;

use super::model::Line;
use super::text;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileState;
use crate::net::client::event::MessageId;
use crate::net::client::look;
use crate::net::local::Errand;
use crate::picture::Thumbnail;

/// The pictures that are shown, by the messages that brought them.
#[derive(Default)]
pub(crate) struct Previews(HashMap<MessageId, Preview>);

/// A picture that somebody asked for.
pub(crate) enum Preview {
    /// It is being decoded.
    Coming(Errand<Result<Thumbnail, String>>),
    /// It is there.
    There(TextureHandle),
    /// It cannot be shown: one sentence.
    Wrong(String),
}

impl Previews {
    /// Has a picture decoded.
    pub(crate) fn show(&mut self, ctx: &Context, message: MessageId, path: &Path) {
        let (path, wake) = (path.to_owned(), ctx.clone());
        let errand = Errand::start(move || thumbnail(&path), move || wake.request_repaint());
        self.0.insert(message, Preview::Coming(errand));
    }

    /// Takes a picture away.
    pub(crate) fn hide(&mut self, message: MessageId) {
        self.0.remove(&message);
    }

    /// Takes in what was decoded.
    pub(crate) fn come(&mut self, ctx: &Context) {
        for (message, preview) in &mut self.0 {
            let Preview::Coming(errand) = preview else { continue };
            let Some(done) = errand.take() else { continue };
            *preview = match done {
                Ok(Ok(Thumbnail { size, rgba })) => {
                    let image = ColorImage::from_rgba_unmultiplied(size, &rgba);
                    let name = message.to_string();
                    Preview::There(ctx.load_texture(name, image, TextureOptions::LINEAR))
                }
                Ok(Err(why)) => Preview::Wrong(text::sentence(&why)),
                Err(_) => Preview::Wrong(NOTHING.to_owned()),
            };
        }
    }

    pub(crate) fn of(&self, message: &MessageId) -> Option<&Preview> {
        self.0.get(message)
    }
}

/// Where the picture of a message is, if it is called like one and is there.
pub(crate) fn path_of(line: &Line) -> Option<&PathBuf> {
    let card = line.file.as_ref().filter(|_| !line.deleted)?;
    let (_, extension) = line.text.rsplit_once('.')?;
    let is_picture = CALLED.iter().any(|known| extension.eq_ignore_ascii_case(known));
    let path = match &card.state {
        FileState::Done { path: Some(path) } => Some(path),
        _ => card.source.as_ref(),
    };
    path.filter(|_| is_picture)
}

fn thumbnail(path: &Path) -> Result<Thumbnail, String> {
    let bytes = look::picture(path).map_err(|failure| match failure {
        FileFailure::PictureTooLarge => "it has more than 64 MiB, which are not shown here".into(),
        other => other.to_string(),
    })?;
    Thumbnail::of(&bytes, SIZE).map_err(|why| why.to_string())
}

/// How pictures are called that can be shown.
const CALLED: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
/// Pixels of a small picture: sharp on a screen with two to a point.
const SIZE: [u32; 2] = [720, 560];
const NOTHING: &str = "It cannot be shown: decoding it failed.";
