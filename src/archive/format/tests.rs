use super::*;

fn digest(number: u8) -> Digest {
    Digest::of(&[number])
}

#[test]
fn every_place_follows_from_the_sizes() {
    let layout = Layout::new(513, &[(digest(0), 0), (digest(1), 512), (digest(2), 1)]);
    let places: Vec<_> =
        layout.members().iter().map(|member| (member.header, member.content(), member.size)).collect();
    assert_eq!(
        places,
        [
            (0, 512, 30),
            (1024, 1536, 513),
            (2560, 3072, SIGNATURE_SLOT),
            (19_456, 19_968, SIGNATURE_SLOT),
            (36_352, 36_864, SIGNATURE_SLOT),
            (53_248, 53_760, SIGNATURE_SLOT),
            (70_144, 70_656, 0),
            (70_656, 71_168, 512),
            (71_680, 72_192, 1),
        ]
    );
    assert_eq!(layout.length(), 72_704 + 1024, "two empty blocks end the file");
    assert_eq!(layout.blob(&digest(1)), layout.members().get(7));
    assert_eq!(layout.blob(&digest(3)), None);
    assert_eq!((layout.index(), layout.slots()), (&layout.members()[1], &layout.members()[2..6]));
    let names: Vec<_> = layout.slots().iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "bundle.sigstore.json",
            "bundle.2.sigstore.json",
            "bundle.3.sigstore.json",
            "bundle.4.sigstore.json"
        ]
    );
    assert!(layout.own().eq(&layout.members()[6..8]));
}

#[test]
fn what_comes_after_a_huge_blob_has_its_place_too() {
    let huge = 20 * 1024 * 1024 * 1024 + 1;
    let layout = Layout::new(1, &[(digest(0), huge), (digest(1), 1)]);
    let (first, second) = (&layout.members()[6], &layout.members()[7]);
    assert_eq!(second.header, first.content() + huge + 511);
    assert_eq!(layout.length(), second.content() + 512 + 1024);
}

#[test]
fn a_header_is_a_plain_one_up_to_8_gib_and_binary_beyond() {
    const LARGEST: u64 = 0o777_7777_7777;
    for (size, field) in [
        (0, *b"00000000000\0"),
        (LARGEST, *b"77777777777\0"),
        (LARGEST + 1, [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]),
    ] {
        let header = Member::new(blob_name(&digest(0)), 0, size).header_bytes().unwrap();
        assert_eq!(header[124..136], field, "{size}");
        let read = tar::Header::from_byte_slice(&header);
        assert_eq!((read.size().unwrap(), read.entry_type()), (size, tar::EntryType::Regular));
    }
}

#[test]
fn a_header_holds_nothing_of_this_machine() {
    let header = Member::new(LAYOUT_NAME, 0, 30).header_bytes().unwrap();
    let read = tar::Header::from_byte_slice(&header);
    let numbers = (read.mode().unwrap(), read.uid().unwrap(), read.gid().unwrap(), read.mtime().unwrap());
    assert_eq!(numbers, (0o644, 0, 0, 0));
    assert_eq!((read.username().unwrap(), read.groupname().unwrap()), (Some(""), Some("")));
}
