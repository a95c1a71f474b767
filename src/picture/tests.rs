#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// What must not be left of a picture that tells it.
const NEEDLE: &[u8] = b"Baker Street 221b";

#[cfg(feature = "gui")]
fn tells(bytes: &[u8]) -> bool {
    bytes.windows(NEEDLE.len()).any(|part| part == NEEDLE)
}

/// An EXIF that says where it was, and that the picture is to be turned.
fn exif() -> Vec<u8> {
    [&orientation::write(6)[..], NEEDLE].concat()
}

fn jpeg_segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let len = u16::try_from(contents.len() + 2).unwrap();
    [&[0xff, marker][..], &len.to_be_bytes(), contents].concat()
}

/// A JPEG of one scan between whatever stands around it.
fn jpeg(before: &[u8], scan: &[u8], behind: &[u8]) -> Vec<u8> {
    let frame = jpeg_segment(0xc0, b"frame");
    let tables = jpeg_segment(0xdb, b"tables");
    let start = jpeg_segment(0xda, b"scan");
    [b"\xff\xd8", before, &tables, &frame, &start, scan, b"\xff\xd9", behind].concat()
}

fn chunk(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let len = u32::try_from(contents.len()).unwrap();
    let crc = crc32fast::hash(&[&name[..], contents].concat());
    [&len.to_be_bytes()[..], name, contents, &crc.to_be_bytes()].concat()
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut all = b"WEBP".to_vec();
    for (name, contents) in chunks {
        all.extend_from_slice(&name[..]);
        all.extend(u32::try_from(contents.len()).unwrap().to_le_bytes());
        all.extend_from_slice(contents);
        all.extend(core::iter::repeat_n(0, contents.len() % 2));
    }
    [&b"RIFF"[..], &u32::try_from(all.len()).unwrap().to_le_bytes(), &all].concat()
}

#[test]
fn a_jpeg_keeps_what_it_is_made_of_and_which_way_up_it_is() {
    let scan = b"a\xff\0b\xff\xd0c";
    let mut before = jpeg_segment(0xe0, b"JFIF\0\x01\x01\x01\x01\x2c\x01\x2c\x01\x01rgb");
    before.extend(jpeg_segment(0xe1, &[b"Exif\0\0", &exif()[..]].concat()));
    for marker in [0xe1, 0xe2, 0xe5, 0xed, 0xfe] {
        before.extend(jpeg_segment(marker, NEEDLE));
    }
    before.extend(jpeg_segment(0xee, &[b"Adobe\0\x64\0\0\0\0\x01", NEEDLE].concat()));
    let second = jpeg(&jpeg_segment(0xe1, NEEDLE), b"depth", b"");
    let telling = jpeg(&before, scan, &[&second[..], NEEDLE].concat());
    let kept = [
        jpeg_segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        jpeg_segment(0xe1, &[b"Exif\0\0", &orientation::write(6)[..]].concat()),
        jpeg_segment(0xee, b"Adobe\0\x64\0\0\0\0\x01"),
    ];
    assert_eq!(strip(&telling), Ok(jpeg(&kept.concat(), scan, b"")));
    // Between the scans of a progressive one things can stand as well.
    let scans = [scan, &jpeg_segment(0xfe, NEEDLE)[..], &jpeg_segment(0xda, b"2")[..], b"d"];
    let expected = [scan, &jpeg_segment(0xda, b"2")[..], b"d"].concat();
    assert_eq!(strip(&jpeg(b"", &scans.concat(), b"")), Ok(jpeg(b"", &expected, b"")));
}

#[test]
fn a_png_keeps_its_pixels_and_how_they_become_colours() {
    let picture = |more: &[Vec<u8>]| {
        let mut all = vec![png::SIGNATURE.to_vec(), chunk(b"IHDR", b"head")];
        all.extend_from_slice(more);
        all.extend([chunk(b"IDAT", b"data"), chunk(b"IEND", b"")]);
        all.concat()
    };
    let gamma = chunk(b"gAMA", b"\0\0\xb1\x8f");
    let telling = [
        gamma.clone(),
        chunk(b"eXIf", &exif()),
        chunk(b"tEXt", NEEDLE),
        chunk(b"zTXt", NEEDLE),
        chunk(b"iTXt", NEEDLE),
        chunk(b"iCCP", NEEDLE),
        chunk(b"tIME", NEEDLE),
        chunk(b"prVt", NEEDLE),
    ];
    let kept = [gamma, chunk(b"eXIf", &orientation::write(6))];
    let telling = [&picture(&telling)[..], NEEDLE].concat();
    assert_eq!(strip(&telling), Ok(picture(&kept)));
    let unknown = picture(&[chunk(b"CgBI", b"another picture without it")]);
    assert_eq!(strip(&unknown), Err(NoPicture));
}

#[test]
fn a_webp_keeps_its_frames_and_nothing_beside_them() {
    let frame = |more: &[u8]| [&[7; 16][..], b"VP8L\x03\0\0\0abc\0", more].concat();
    let hidden = [b"XXXX\x11\0\0\0", NEEDLE, b"\0"].concat();
    let telling = riff(&[
        (b"VP8X", b"\x3e\0\0\x01\x01\0\0\x01\0\0"),
        (b"ICCP", NEEDLE),
        (b"ANIM", b"loop66"),
        (b"ANMF", &frame(&hidden)),
        (b"EXIF", &exif()),
        (b"XMP ", NEEDLE),
        (b"note", NEEDLE),
    ]);
    let kept = riff(&[
        (b"VP8X", b"\x1a\0\0\0\x01\0\0\x01\0\0"),
        (b"ANIM", b"loop66"),
        (b"ANMF", &frame(b"")),
        (b"EXIF", &orientation::write(6)),
    ]);
    assert_eq!(strip(&[&telling[..], NEEDLE].concat()), Ok(kept));
    let simple = riff(&[(b"VP8 ", b"lossy")]);
    assert_eq!(strip(&simple), Ok(simple));
}

#[test]
fn what_is_no_whole_picture_is_never_passed_on() {
    let whole = [
        jpeg(b"", b"scan", b""),
        [png::SIGNATURE.to_vec(), chunk(b"IDAT", b"a"), chunk(b"IEND", b"")].concat(),
        riff(&[(b"VP8L", b"a")]),
    ];
    for picture in whole {
        let kept = strip(&picture).unwrap();
        for len in 0..picture.len() {
            // The end of a JPEG, and the padding of a WebP, may be missing: what is there is a part.
            let Ok(cut) = strip(&picture[..len]) else { continue };
            assert!(kept.starts_with(&cut[..cut.len() - 2]), "{len} of {}", picture.len());
            assert!(kept.starts_with(&jpeg::SIGNATURE) || cut == kept);
        }
    }
    for other in [&b""[..], b"GIF89a", b"%PDF", b"RIFF\x04\0\0\0WAVE", NEEDLE] {
        assert_eq!(strip(other), Err(NoPicture));
    }
}

#[cfg(feature = "gui")]
#[test]
fn no_pixel_is_another_one_and_what_is_shown_is_turned() {
    use std::io::Cursor;

    use image::DynamicImage;
    use image::ImageFormat;

    let mut pixels = image::RgbImage::new(40, 20);
    for (x, y, pixel) in pixels.enumerate_pixels_mut() {
        let [x, y] = [x, y].map(|at| u8::try_from(at).unwrap());
        *pixel = image::Rgb([x * 6, y * 12, x ^ y]);
    }
    let written = |format| {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(pixels.clone()).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    let mut jpeg = written(ImageFormat::Jpeg);
    let app1 = jpeg_segment(0xe1, &[b"Exif\0\0", &exif()[..]].concat());
    jpeg.splice(2..2, app1);
    let mut png = written(ImageFormat::Png);
    png.splice(33..33, chunk(b"eXIf", &exif()));
    for telling in [jpeg, png] {
        assert!(tells(&telling));
        let kept = strip(&telling).unwrap();
        assert!(!tells(&kept));
        let decoded = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().into_rgb8();
        assert_eq!(decoded(&kept), decoded(&telling));
        let shown = Thumbnail::of(&kept, [400, 400]).unwrap();
        assert_eq!(format!("{shown:?}"), "Thumbnail(20 x 40)", "turned, and nothing of it told");
        assert_eq!(Thumbnail::of(&kept, [10, 10]).unwrap().size, [5, 10]);
    }
    let webp = written(ImageFormat::WebP);
    assert_eq!(image::load_from_memory(&strip(&webp).unwrap()).unwrap().into_rgb8(), pixels);
    assert_eq!(Thumbnail::of(&webp, [400, 400]).unwrap().size, [40, 20]);
}

#[cfg(feature = "gui")]
#[test]
fn a_picture_that_claims_to_be_huge_is_not_decoded() {
    let huge = |width: u32, height: u32| {
        let size = [&width.to_be_bytes()[..], &height.to_be_bytes()].concat();
        let head = chunk(b"IHDR", &[&size[..], b"\x08\x06\0\0\0"].concat());
        [png::SIGNATURE.to_vec(), head, chunk(b"IDAT", b"x"), chunk(b"IEND", b"")].concat()
    };
    for [width, height] in [[u32::MAX >> 1, 1], [16_385, 1], [16_384, 16_384]] {
        let shown = Thumbnail::of(&huge(width, height), [400, 400]);
        assert_eq!(shown, Err(Unshown::TooLarge), "{width} x {height}");
    }
    assert_eq!(Thumbnail::of(&huge(4, 4), [400, 400]), Err(Unshown::Damaged));
    assert_eq!(Thumbnail::of(b"text", [400, 400]), Err(Unshown::NoPicture));
}

proptest! {
    #[test]
    fn nothing_is_too_strange_and_stripping_again_changes_nothing(
        kind in 0..3_usize,
        body in proptest::collection::vec(prop_oneof![Just(0xff_u8), Just(0), any::<u8>()], 0..200),
    ) {
        let head: [&[u8]; 3] =
            [b"\xff\xd8\xff", &png::SIGNATURE, b"RIFF\xc0\0\0\0WEBP"];
        let bytes = [head[kind], &body].concat();
        if let Ok(kept) = strip(&bytes) {
            prop_assert_eq!(strip(&kept), Ok(kept));
        }
        #[cfg(feature = "gui")]
        let _ = Thumbnail::of(&bytes, [40, 40]);
    }
}
