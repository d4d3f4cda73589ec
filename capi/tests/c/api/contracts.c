/* What a host asks of plugins, and what it is told about them. */
#include "check.h"
#include "tests.h"

static hh_contract *greeter_contract(void)
{
    hh_contract *contract = NULL;
    OK(hh_contract_new("greeter", &contract));
    OK(hh_contract_export(contract, "greet", "(name: str) -> string"));
    OK(hh_contract_optional_export(contract, "add", "(i32, i32) -> i32"));
    return contract;
}

void contracts_are_checked_when_a_module_is_loaded(void)
{
    hh_engine *engine = new_engine();
    hh_module *module = NULL;
    hh_load_options options = hh_load_options_default();
    hh_contract *contract = greeter_contract();
    options.contract = contract;
    OK(hh_module_load_file(engine, plugin_path("greeter/greeter"), &options, &module));
    const hh_report *report = hh_module_report(module);
    CHECK(report != NULL && hh_report_passes(report));
    OK(hh_module_delete(module));

    OK(hh_contract_export(contract, "goodbye", "(str) -> string"));
    FAILS(HH_ERR_CONTRACT, "goodbye",
          hh_module_load_file(engine, plugin_path("greeter/greeter"), &options, &module));
    CHECK(module == NULL);
    OK(hh_contract_delete(contract));
    FAILS(HH_ERR_HANDLE, NULL, hh_contract_delete(contract));
    OK(hh_engine_delete(engine));
}

void reports_list_what_is_wrong_and_what_mends_it(void)
{
    size_t len;
    uint8_t *bytes = plugin_bytes("greeter/greeter", &len);
    hh_contract *contract = greeter_contract();
    hh_report *report = NULL;
    hh_finding finding;
    hh_mend mend;
    hh_string text;
    bool missing = false, other_type = false;
    OK(hh_contract_export(contract, "goodbye", "(str) -> string"));
    OK(hh_contract_export(contract, "average", "(i32, i32) -> i32"));
    OK(hh_contract_check(contract, bytes, len, &report));
    OK(hh_contract_delete(contract)); /* the report does not need it */
    free(bytes);

    CHECK(!hh_report_passes(report));
    SAME(hh_report_severities(report, HH_SEVERITY_ERROR), 2);
    CHECK(hh_report_count(report) >= 2);
    for (size_t i = 0; i < hh_report_count(report); i++) {
        OK(hh_report_at(report, i, &finding));
        CHECK(strlen(finding.code) > 0 && strlen(finding.subject) > 0);
        if (finding.severity == HH_SEVERITY_ERROR) {
            missing = missing || strstr(finding.subject, "goodbye") != NULL;
            other_type = other_type || strstr(finding.subject, "average") != NULL;
        }
        for (size_t j = 0; j < finding.mends; j++) {
            OK(hh_report_mend(report, i, j, &mend));
            CHECK(mend.toolchain != NULL && strlen(mend.place) > 0);
            CHECK(mend.flag != NULL || mend.without != NULL || strlen(mend.text) > 0);
        }
        FAILS(HH_ERR_ARGUMENT, NULL, hh_report_mend(report, i, finding.mends, &mend));
    }
    CHECK(missing && other_type);
    FAILS(HH_ERR_ARGUMENT, NULL, hh_report_at(report, hh_report_count(report), &finding));
    OK(hh_report_text(report, &text));
    CHECK(strstr(text.data, "goodbye") != NULL && strstr(text.data, "average") != NULL);
    hh_string_free(&text);
    OK(hh_report_delete(report));
    FAILS(HH_ERR_HANDLE, NULL, hh_report_delete(report));
}

void contracts_are_written_and_read_as_text(void)
{
    hh_contract *contract = greeter_contract(), *copy = NULL;
    hh_string toml, again, text;
    const char *const family[] = { "malloc", "free" };
    const char *const calls[] = { "fd_write" };
    OK(hh_contract_import(contract, "host", "log", "(line: str)"));
    OK(hh_contract_family(contract, family, 2));
    OK(hh_contract_memory(contract, 1 << 20, 100 * 65536, true));
    OK(hh_contract_policy(contract, "extra_exports", HH_POLICY_WARN));
    OK(hh_contract_wasi(contract, HH_POLICY_WARN));
    OK(hh_contract_wasi_only(contract, calls, 1));
    OK(hh_contract_c_types(contract, "struct point { double x, y; };\n"));
    OK(hh_contract_to_toml(contract, &toml));
    OK(hh_contract_from_toml(toml.data, &copy));
    OK(hh_contract_to_toml(copy, &again));
    SAME_TEXT(&again, toml.data);
    hh_string_free(&toml);
    OK(hh_contract_delete(copy));

    OK(hh_contract_header(contract, &text));
    CHECK(strstr(text.data, "greet(const char *name, size_t name_len)") != NULL);
    hh_string_free(&text);
    OK(hh_contract_allow_file(contract, &text));
    CHECK(strstr(text.data, "malloc\n") != NULL);
    hh_string_free(&text);

    FAILS(HH_ERR_ARGUMENT, "line", hh_contract_from_toml("name = 5", &copy));
    CHECK(copy == NULL);
    FAILS(HH_ERR_ARGUMENT, "prototype", hh_contract_export(contract, "f", "(string)"));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_contract_policy(contract, "no such matter", HH_POLICY_WARN));
    FAILS(HH_ERR_ARGUMENT, NULL, hh_contract_policy(contract, "extra_exports", 99));
    OK(hh_contract_delete(contract));
}
