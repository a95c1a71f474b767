//! A picture of somebody else, made small enough for a conversation: only when a person asks for it,
//! and within limits that are checked before anything is decoded.

use core::fmt;
use std::io::Cursor;

use image::DynamicImage;
use image::ImageDecoder as _;
use image::ImageFormat;
use image::ImageReader;
use image::Limits;

use super::Format;

/// A small picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// Its width and height.
    pub size: [usize; 2],
    /// Red, green, blue and opacity of each pixel, row by row.
    pub rgba: Vec<u8>,
}

impl Thumbnail {
    /// Decodes a picture, of an animation the first frame, and shrinks it into so many pixels. It is
    /// turned as it says.
    ///
    /// # Errors
    /// [`Unshown`].
    pub fn of(bytes: &[u8], [width, height]: [u32; 2]) -> Result<Self, Unshown> {
        let format = match Format::of(bytes).ok_or(Unshown::NoPicture)? {
            Format::Jpeg => ImageFormat::Jpeg,
            Format::Png => ImageFormat::Png,
            Format::Webp => ImageFormat::WebP,
        };
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::no_limits();
        (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
        limits.max_alloc = Some(MAX_ALLOC);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(|error| Unshown::from(&error))?;
        if decoder.total_bytes() > MAX_ALLOC {
            return Err(Unshown::TooLarge);
        }
        let orientation = decoder.orientation().map_err(|error| Unshown::from(&error))?;
        let whole = DynamicImage::from_decoder(decoder).map_err(|error| Unshown::from(&error))?;
        let is_small = whole.width() <= width && whole.height() <= height;
        let mut small = if is_small { whole } else { whole.thumbnail(width, height) };
        small.apply_orientation(orientation);
        let small = small.into_rgba8();
        let side = |side: u32| usize::try_from(side).map_err(|_| Unshown::TooLarge);
        let size = [side(small.width())?, side(small.height())?];
        Ok(Self { size, rgba: small.into_raw() })
    }
}

impl fmt::Debug for Thumbnail {
    /// Its size only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size: [width, height], rgba: _ } = self;
        write!(f, "Thumbnail({width} x {height})")
    }
}

/// Why a picture is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unshown {
    /// It is no JPEG, PNG or WebP.
    NoPicture,
    /// It has more pixels than are decoded.
    TooLarge,
    /// It cannot be decoded.
    Damaged,
}

impl From<&image::ImageError> for Unshown {
    fn from(error: &image::ImageError) -> Self {
        match error {
            image::ImageError::Limits(_) => Self::TooLarge,
            _ => Self::Damaged,
        }
    }
}

impl fmt::Display for Unshown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPicture => "it is no JPEG, PNG or WebP picture",
            Self::TooLarge => "it has more pixels than are shown here (16,384 a side, 64 million)",
            Self::Damaged => "it cannot be decoded; it may be damaged",
        })
    }
}

/// Pixels a side.
const MAX_SIDE: u32 = 16_384;
/// Bytes that the decoded picture may have: 64 million pixels of four bytes.
const MAX_ALLOC: u64 = 256 << 20;
