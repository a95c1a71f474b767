//! Pictures without what they tell about where, when and with what they were taken.
//!
//! | kept | left out |
//! |---|---|
//! | what the pixels are made of, bit for bit | EXIF, with its place, time, camera and thumbnail |
//! | which way up it is | XMP, IPTC, comments and texts |
//! | a PNG's gamma, where it names it | ICC profiles and a PNG's primaries: a calibrated screen's or a camera's are as good as a name |
//! | an animation's frames | second pictures (depth, gain maps, short films), and all that stands behind the end |
//!
//! A list of what is kept, not of what is left out: what nobody has thought of does not stay. The
//! pixels are not decoded, so nothing of them is lost; colours of a picture with an ICC profile of
//! its own are shown as sRGB.
//!
//! Sources: ITU T.81 (JPEG), JFIF 1.02, Exif 2.32, PNG third edition, RFC 9649 (WebP).

mod jpeg;
mod orientation;
mod png;
#[cfg(feature = "gui")]
mod thumbnail;
mod webp;

use core::fmt;

#[cfg(feature = "gui")]
pub use self::thumbnail::Thumbnail;
#[cfg(feature = "gui")]
pub use self::thumbnail::Unshown;

/// What a picture is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Format {
    /// The format of a file that begins so; [`HEAD_LEN`] bytes are enough.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(&jpeg::SIGNATURE) {
            Some(Self::Jpeg)
        } else if head.starts_with(&png::SIGNATURE) {
            Some(Self::Png)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }
}

/// The same picture, and nothing else.
///
/// # Errors
/// [`NoPicture`] for everything that is not known to the end: it is never passed on as it is.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, NoPicture> {
    match Format::of(bytes).ok_or(NoPicture)? {
        Format::Jpeg => jpeg::strip(bytes),
        Format::Png => png::strip(bytes),
        Format::Webp => webp::strip(bytes),
    }
    .ok_or(NoPicture)
}

/// It is no whole JPEG, PNG or WebP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPicture;

impl fmt::Display for NoPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is no whole JPEG, PNG or WebP picture")
    }
}

impl core::error::Error for NoPicture {}

/// So many bytes of a file tell its format.
pub const HEAD_LEN: usize = 12;

#[cfg(test)]
mod tests;
