"""The night's work is done at once: few files, and once done nothing is left to do."""


def test_what_lies_in_many_files_becomes_one_and_then_all_is_compact(inside, home, deliver):
    for number in range(3):
        deliver("customer_record", "key name", [(f"A{number}", "王芳"), ("B", f"李{number}")])
    done = {each["table"]: each for each in inside("compact", "--json").document["tables"]}
    assert done["records"]["files_before"] > done["records"]["files_after"]
    assert done["records"]["rows"] + done["records"]["dropped"] == 6
    said = inside("compact")
    assert (said.status, said.out.strip()) == (0, "All is compact.")
