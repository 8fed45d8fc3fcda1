//! Lists of villages from the command line, and what they leave behind when the house
//! is killed.

use crate::running::{House, data, local, run};

const FIRST: &str = "kode desa,desa,blank spot\n\
    62.71.01.1001,Pahandut,ya\n\
    62.71.01.1002,Panarung,ya\n\
    62.11.05.2004,Nama Lain,ya\n";

const SECOND: &str = "kabupaten;kecamatan;desa;status;blank spot\n\
    Palangka Raya;Pahandut;PANARUNG;aktif;tidak\n\
    Palangka Raya;Pahandut;Langkai;distribusi;ya\n";

fn source(told: &str) -> &str {
    let last = told.lines().last().expect("a line");
    last.rsplit(' ').next().expect("a word")
}

#[test]
fn lists_go_in_are_decided_and_laid_beside_each_other() {
    let (folder, data) = data();
    let mut house = House::start(&data);
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    };
    let (first, second) = (file("satu.csv", FIRST), file("dua.csv", SECOND));
    let import = |file: &str, more: &[&str]| {
        let mut words = vec!["villages", "import", file];
        words.extend_from_slice(more);
        local(&data, &words)
    };
    let dry = import(&first, &["--dry-run"]);
    assert!(dry.contains("waits for a person"), "{dry}");
    assert!(dry.contains("3 rows: 3 new"), "{dry}");
    let told = import(
        &first,
        &[
            "--title",
            "Satu",
            "--owner",
            "Pemprov",
            "--as-of",
            "2025-05-18",
            "--definition",
            "4G",
            "--announced",
            "4",
        ],
    );
    let one = source(&told).to_owned();
    let told = import(
        &second,
        &[
            "--title",
            "Dua",
            "--owner",
            "Diskominfo",
            "--as-of",
            "2025-05-16",
            "--definition",
            "suara",
            "--announced",
            "4",
            "--announced-of",
            "active=1",
            "--announced-of",
            "in_distribution=2",
        ],
    );
    let two = source(&told).to_owned();
    let again = run([
        "villages",
        "import",
        &first,
        "--data",
        data.to_str().expect("text"),
    ]);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        !again.status.success() && said.contains("imported before, as"),
        "{said}"
    );

    // What was acknowledged is there after a kill.
    house.signal("-KILL");
    house.ended();
    let _house = House::start(&data);
    let lists = local(&data, &["villages", "lists"]);
    assert!(lists.contains(&one) && lists.contains(&two), "{lists}");
    let queue = local(&data, &["villages", "queue"]);
    assert!(queue.contains("code_contradicts_name"), "{queue}");
    let decided = local(
        &data,
        &[
            "villages",
            "decide",
            &one,
            "4",
            "--village",
            "62.11.05.2004",
        ],
    );
    assert_eq!(decided, "row 4: Anjir Pulang Pisau\n");
    assert_eq!(local(&data, &["villages", "queue"]), "");

    let told = local(&data, &["villages", "reconcile", &one, &two]);
    for line in [
        "Satu (Pemprov, as of 2025-05-18): 3 rows = 3 villages (2 kelurahan) + 0 duplicates + 0 waiting + 0 foreign + 0 left out",
        "    announced 4, rows 3, difference 1 not in the file",
        "Dua (Diskominfo, as of 2025-05-16): 2 rows = 2 villages (2 kelurahan) + 0 duplicates + 0 waiting + 0 foreign + 0 left out",
        "    announced 4, of statuses 3, difference 1 not named by the source",
        "    in_distribution: rows 1, announced 2",
        "Satu | Dua: both 1, only first 2 (1 out of scope), only second 1 (0 out of scope), same definition no",
        "in all 1, in any 4",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}\n{told}");
    }
    let conflicts = local(&data, &["villages", "conflicts"]);
    assert!(
        conflicts.starts_with("62.71.01.1002 Panarung"),
        "{conflicts}"
    );
    let shown = local(&data, &["villages", "show", "62.71.01.1002"]);
    assert!(shown.contains("newest"), "{shown}");
    let listed = local(
        &data,
        &[
            "villages",
            "list",
            "--says",
            "blank_spot:ya",
            "--within",
            "62.71",
        ],
    );
    assert_eq!(listed.lines().count(), 3, "{listed}");
    local(&data, &["villages", "withdraw", &two, "--why", "uji"]);
    assert_eq!(local(&data, &["villages", "conflicts"]), "");

    let point = local(
        &data,
        &[
            "villages",
            "add-point",
            "--name",
            "Kantor Desa",
            "--village",
            "62.11.05.2004",
            "--point=-2.31,114.05",
        ],
    );
    let step = [
        "villages",
        "step",
        point.trim(),
        "surveyed",
        "--happened",
        "2026-01-05T10:00+07:00",
    ];
    assert!(local(&data, &step).ends_with("surveyed\n"));
    let points = local(&data, &["villages", "points", "--within", "62.11"]);
    assert!(points.contains("surveyed"), "{points}");
}
