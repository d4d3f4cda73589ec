// Modules and contracts: what C learns of a plugin without running it.
//
//   modules GREETER LEGACY
//
// GREETER imports malloc; LEGACY has an allocator of its own.
#include "check.h"

typedef struct bytes {
    uint8_t *data;
    size_t len;
} bytes;

static bytes file(const char *path) {
    bytes all = {NULL, 0};
    FILE *in = fopen(path, "rb");
    CHECK(in != NULL);
    all.data = (uint8_t *)malloc(1 << 20);
    CHECK(all.data != NULL);
    all.len = fread(all.data, 1, 1 << 20, in);
    CHECK(all.len > 0 && all.len < 1 << 20);
    fclose(in);
    return all;
}

// Text has this in it; the text is freed.
static void has(hh_string *text, const char *part) {
    CHECK(text->data != NULL && strlen(text->data) == text->len);
    if (strstr(text->data, part) == NULL) {
        fprintf(stderr, "no \"%s\" in:\n%s\n", part, text->data);
        exit(1);
    }
    hh_string_free(text);
    CHECK(text->data == NULL && text->len == 0);
    hh_string_free(text);
}

static void a_layout_says_where_the_heap_starts(bytes greeter) {
    hh_layout layout;
    hh_string text;
    OK(hh_layout_from_module(greeter.data, greeter.len, &layout));
    CHECK(layout.heap_base % 16 == 0 && layout.heap_base > 0);
    CHECK(layout.heap_start == layout.heap_base);
    CHECK(layout.certainty == HH_CERTAINTY_EXACT);
    CHECK(layout.memory_bytes % HH_PAGE == 0 && layout.memory_bytes >= layout.heap_base);
    CHECK(layout.heap_room == layout.memory_max - layout.heap_start);
    CHECK(layout.allocator == HH_ALLOCATOR_HOST && !layout.takes_grown_pages);
    CHECK(layout.data_end == HH_UNKNOWN || layout.data_end <= layout.heap_base);
    OK(hh_module_describe(greeter.data, greeter.len, &text));
    has(&text, "evidence");

    STATUS(HH_ERR_MODULE, hh_layout_from_module((const uint8_t *)"(module)", 8, &layout));
    SAYS("text format");
    CHECK(layout.heap_base == 0);
    STATUS(HH_ERR_MODULE, hh_module_describe(NULL, 0, &text));
    CHECK(text.data == NULL && text.len == 0);
    STATUS(HH_ERR_ARGUMENT, hh_layout_from_module(greeter.data, SIZE_MAX, &layout));
}

static void a_prepared_module_has_its_limits_in_it(bytes greeter) {
    hh_load_options options = hh_load_options_default();
    hh_prepared prepared;
    hh_layout before, after;
    CHECK(options.struct_size == sizeof options);
    options.max_memory = 20 * HH_PAGE;
    OK(hh_prepare(greeter.data, greeter.len, &options, &prepared));
    CHECK(strcmp(prepared.memory_export.data, "memory") == 0);
    CHECK(prepared.malloc_export.data == NULL && prepared.heap_usable);
    CHECK(prepared.memory_max == 20 * HH_PAGE);
    OK(hh_layout_from_module(greeter.data, greeter.len, &before));
    OK(hh_layout_from_module((const uint8_t *)prepared.wasm.data, prepared.wasm.len, &after));
    CHECK(after.memory_max == 20 * HH_PAGE && after.memory_max < before.memory_max);
    CHECK(after.heap_start == prepared.heap_start && before.heap_start == prepared.heap_start);
    CHECK(strstr(prepared.notes.data, "maximum") != NULL);
    hh_prepared_free(&prepared);
    hh_prepared_free(&prepared);
    CHECK(prepared.wasm.data == NULL);

    OK(hh_prepare(greeter.data, greeter.len, NULL, &prepared));
    hh_prepared_free(&prepared);

    options.max_memory = 1;
    STATUS(HH_ERR_MODULE, hh_prepare(greeter.data, greeter.len, &options, &prepared));
    CHECK(prepared.wasm.data == NULL);
    options = hh_load_options_default();
    options.own_heap = 99;
    STATUS(HH_ERR_ARGUMENT, hh_prepare(greeter.data, greeter.len, &options, &prepared));
    SAYS("own_heap");
    options = hh_load_options_default();
    options.malloc_name = "mine";
    STATUS(HH_ERR_ARGUMENT, hh_prepare(greeter.data, greeter.len, &options, &prepared));
    SAYS("both or neither");
    options.free_name = "not mine";
    STATUS(HH_ERR_LINK, hh_prepare(greeter.data, greeter.len, &options, &prepared));
}

static void a_contract_finds_what_is_wrong_and_says_what_mends_it(bytes greeter) {
    static const char *const family[] = {"malloc", "free", "realloc"};
    static const char *const wasi[] = {"fd_write"};
    hh_contract *contract, *again, *copy;
    hh_report *report, *report_copy;
    hh_finding finding;
    hh_mend mend;
    hh_string text;
    hh_load_options options = hh_load_options_default();
    hh_prepared prepared;
    size_t i;
    bool found = false;
    OK(hh_contract_new("greetings", &contract));
    OK(hh_contract_export(contract, "greet", "(str) -> string"));
    OK(hh_contract_import(contract, "host", "log", "(str)"));
    OK(hh_contract_optional_export(contract, "twice", "(i32) -> i32"));
    OK(hh_contract_family(contract, family, 3));
    OK(hh_contract_memory(contract, 100 * HH_PAGE, UINT64_MAX, true));
    OK(hh_contract_policy(contract, "start", HH_POLICY_WARN));
    OK(hh_contract_wasi(contract, HH_POLICY_REFUSE));
    OK(hh_contract_wasi_only(contract, wasi, 1));
    OK(hh_contract_c_types(contract, "typedef struct point { int x, y; } point;"));
    OK(hh_contract_check(contract, greeter.data, greeter.len, &report));
    CHECK(hh_report_passes(report));
    CHECK(hh_report_severities(report, HH_SEVERITY_ERROR) == 0);
    OK(hh_report_text(report, &text));
    has(&text, "keeps to the contract \"greetings\"");
    OK(hh_report_delete(report));
    options.contract = contract;
    OK(hh_prepare(greeter.data, greeter.len, &options, &prepared));
    hh_prepared_free(&prepared);

    OK(hh_contract_export(contract, "sing", "(str) -> string"));
    OK(hh_contract_check(contract, greeter.data, greeter.len, &report));
    CHECK(!hh_report_passes(report) && hh_report_count(report) > 0);
    CHECK(hh_report_severities(report, HH_SEVERITY_ERROR) == 1);
    CHECK(hh_report_severities(report, 17) == 0);
    OK(hh_report_at(report, 0, &finding));
    CHECK(strcmp(finding.code, "missing-export") == 0 && finding.severity == HH_SEVERITY_ERROR);
    CHECK(strstr(finding.subject, "sing") != NULL && finding.mends > 0);
    for (i = 0; i < finding.mends; i++) {
        OK(hh_report_mend(report, 0, i, &mend));
        CHECK(mend.toolchain != NULL && mend.place != NULL && mend.text != NULL);
        found = found || (mend.flag != NULL && strstr(mend.flag, "sing") != NULL);
    }
    CHECK(found);
    STATUS(HH_ERR_ARGUMENT, hh_report_mend(report, 0, finding.mends, &mend));
    STATUS(HH_ERR_ARGUMENT, hh_report_at(report, hh_report_count(report), &finding));
    SAYS("numbered from 0");
    report_copy = report;
    OK(hh_report_delete(report));
    STATUS(HH_ERR_HANDLE, hh_report_delete(report_copy));
    STATUS(HH_ERR_CONTRACT, hh_prepare(greeter.data, greeter.len, &options, &prepared));
    SAYS("sing");

    // Bytes that are no module make a report, and no error.
    OK(hh_contract_check(contract, NULL, 0, &report));
    CHECK(!hh_report_passes(report));
    OK(hh_report_delete(report));

    OK(hh_contract_to_toml(contract, &text));
    OK(hh_contract_from_toml(text.data, &again));
    hh_string_free(&text);
    OK(hh_contract_header(again, &text));
    has(&text, "sing");
    OK(hh_contract_allow_file(again, &text));
    has(&text, "realloc");
    OK(hh_contract_delete(again));

    STATUS(HH_ERR_ARGUMENT, hh_contract_from_toml("name = ", &again));
    CHECK(again == NULL);
    SAYS("line 1");
    STATUS(HH_ERR_ARGUMENT, hh_contract_new("\xff", &again));
    SAYS("not UTF-8");
    STATUS(HH_ERR_ARGUMENT, hh_contract_export(contract, "f", "(string"));
    SAYS("(string");
    STATUS(HH_ERR_ARGUMENT, hh_contract_policy(contract, "stat", HH_POLICY_WARN));
    SAYS("wrapped_exports");
    STATUS(HH_ERR_ARGUMENT, hh_contract_policy(contract, "start", 3));
    STATUS(HH_ERR_ARGUMENT, hh_contract_wasi(contract, 3));
    copy = contract;
    OK(hh_contract_delete(contract));
    STATUS(HH_ERR_HANDLE, hh_contract_delete(copy));
}

static void an_allocator_can_be_taken_out(bytes greeter, bytes legacy) {
    hh_string out, report;
    hh_layout before, after;
    OK(hh_layout_from_module(legacy.data, legacy.len, &before));
    CHECK(before.allocator != HH_ALLOCATOR_HOST);
    OK(hh_externalize(legacy.data, legacy.len, &out, &report));
    OK(hh_layout_from_module((const uint8_t *)out.data, out.len, &after));
    CHECK(after.allocator == HH_ALLOCATOR_HOST && out.len < legacy.len);
    has(&report, "proved");
    hh_string_free(&out);
    OK(hh_externalize(legacy.data, legacy.len, &out, NULL));
    hh_string_free(&out);
    STATUS(HH_ERR_MODULE, hh_externalize(greeter.data, greeter.len, &out, &report));
    CHECK(out.data == NULL && report.data == NULL);
}

int main(int argc, char **argv) {
    bytes greeter, legacy;
    CHECK(argc == 3);
    greeter = file(argv[1]);
    legacy = file(argv[2]);
    a_layout_says_where_the_heap_starts(greeter);
    a_prepared_module_has_its_limits_in_it(greeter);
    a_contract_finds_what_is_wrong_and_says_what_mends_it(greeter);
    an_allocator_can_be_taken_out(greeter, legacy);
    free(greeter.data);
    free(legacy.data);
    puts("modules: all is well");
    return 0;
}
