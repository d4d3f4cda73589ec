/*
 * All tests, by the files that they are in. docs/c/parity.md refers to them.
 */
#ifndef TESTS_H
#define TESTS_H

#define TESTS_OF_SCALARS(test) \
    test(scalars_of_every_kind_go_and_come_back) \
    test(scalars_that_do_not_fit_are_refused) \
    test(twelve_arguments_are_the_most) \
    test(a_function_without_arguments_and_result_is_called)

#define TESTS_OF_ARGUMENTS(test) \
    test(text_and_bytes_are_lent_for_a_call) \
    test(arrays_of_every_scalar_are_lent_for_a_call) \
    test(arrays_of_structs_are_lent_for_a_call) \
    test(what_a_plugin_writes_to_an_array_comes_back) \
    test(structs_go_by_pointer_and_by_value) \
    test(out_parameters_are_written) \
    test(null_is_passed_where_the_prototype_allows_it) \
    test(several_texts_are_one_argument) \
    test(owned_arguments_are_the_plugins_to_free) \
    test(borrowed_arguments_cannot_be_freed_by_the_plugin) \
    test(structs_with_pointers_are_laid_out_by_the_host)

#define TESTS_OF_RESULTS(test) \
    test(text_results_are_the_callers) \
    test(optional_results_are_null) \
    test(struct_results_are_copied) \
    test(array_results_are_the_callers) \
    test(several_scalars_are_one_result) \
    test(errors_of_a_plugins_have_code_and_message) \
    test(nothing_is_left_in_the_places_of_calls_that_fail) \
    test(wrong_values_are_refused_before_the_call) \
    test(a_destination_that_does_not_fit_is_refused_before_the_call) \
    test(arrays_must_have_elements_of_the_right_size) \
    test(signatures_are_checked_when_a_function_is_looked_up)

#define TESTS_OF_HOST_PARAMS(test) \
    test(host_functions_take_and_give_every_scalar) \
    test(host_functions_take_text_and_bytes) \
    test(host_functions_take_several_texts) \
    test(what_a_plugin_passes_is_checked_first) \
    test(host_functions_take_arrays_and_structs) \
    test(what_a_host_function_writes_goes_back) \
    test(owned_parameters_are_freed_taken_or_not) \
    test(host_functions_call_the_plugins_function_pointers) \
    test(parameters_that_are_taken_in_vain_are_freed) \
    test(mistakes_in_host_functions_are_reported)

#define TESTS_OF_HOST_RESULTS(test) \
    test(host_functions_give_text) \
    test(host_functions_give_arrays_structs_and_tuples) \
    test(host_functions_give_errors_that_the_plugin_sees)

#define TESTS_OF_REENTRY(test) \
    test(user_data_comes_with_the_function_and_with_the_instance) \
    test(user_data_is_destroyed_once_and_last) \
    test(host_functions_call_the_plugin_that_called_them) \
    test(calls_in_calls_have_a_limit) \
    test(host_functions_use_memory_and_heap) \
    test(what_is_in_use_is_not_freed) \
    test(a_host_function_must_not_leave_a_view_open) \
    test(failures_of_host_functions_come_out_of_the_call)

#define TESTS_OF_CALLBACKS(test) \
    test(plugins_call_functions_that_they_are_given) \
    test(callbacks_are_destroyed_exactly_once) \
    test(a_freed_callback_is_a_trap_and_not_another_function) \
    test(the_plugins_function_pointers_are_called) \
    test(callbacks_that_fail_end_the_call)

#define TESTS_OF_MEMORY(test) \
    test(memory_is_read_and_written_by_copy) \
    test(memory_can_be_grown_by_the_host) \
    test(views_are_the_memory_itself) \
    test(what_could_move_memory_waits_for_views) \
    test(the_host_allocates_in_a_plugin) \
    test(bytes_are_taken_with_their_block) \
    test(leaks_are_listed) \
    test(blocks_know_where_they_came_from) \
    test(blocks_are_kept_from_call_to_call)

#define TESTS_OF_LIFE(test) \
    test(handles_are_freed_once) \
    test(handles_are_freed_in_any_order) \
    test(handles_of_different_instances_do_not_mix) \
    test(an_instance_belongs_to_its_thread) \
    test(a_plugin_that_trapped_is_poisoned) \
    test(limits_hold) \
    test(hardening_shows_a_plugins_mistakes) \
    test(plugins_with_their_own_malloc_are_served_by_it)

#define TESTS_OF_GLOBALS(test) \
    test(globals_are_read_and_set)

#define TESTS_OF_MODULES(test) \
    test(the_compiled_in_runtimes_can_be_chosen) \
    test(options_have_a_size) \
    test(options_of_an_older_header_are_not_overrun) \
    test(modules_are_loaded_from_bytes_and_files) \
    test(load_options_hold) \
    test(what_is_known_of_a_module_can_be_asked) \
    test(a_module_is_described_without_a_runtime) \
    test(modules_are_prepared_for_another_runtime) \
    test(an_allocator_is_taken_out_or_the_reason_is_given) \
    test(all_that_does_not_link_is_said_at_once) \
    test(a_module_is_linked_once_for_many_instances) \
    test(a_member_of_the_malloc_family_can_be_replaced) \
    test(start_functions_run_once) \
    test(versions_agree) \
    test(statuses_have_their_names)

#define TESTS_OF_CONTRACTS(test) \
    test(contracts_are_checked_when_a_module_is_loaded) \
    test(reports_list_what_is_wrong_and_what_mends_it) \
    test(contracts_are_written_and_read_as_text)

#define TESTS_OF_HEAP(test) \
    test(a_bare_heap_serves_the_host) \
    test(a_bare_heap_serves_a_plugins_imports) \
    test(a_bare_heap_refuses_what_its_callbacks_ask) \
    test(a_bare_heap_works_in_two_steps) \
    test(lent_blocks_are_not_the_plugins) \
    test(a_bare_heap_goes_back_to_a_snapshot) \
    test(options_of_a_bare_heap_hold)

/* A library without a runtime has only the bare heap. */
#ifdef HOSTHEAP_BARE
#define TESTS(test) TESTS_OF_HEAP(test)
#else
#define TESTS(test) \
    TESTS_OF_SCALARS(test) \
    TESTS_OF_ARGUMENTS(test) \
    TESTS_OF_RESULTS(test) \
    TESTS_OF_HOST_PARAMS(test) \
    TESTS_OF_HOST_RESULTS(test) \
    TESTS_OF_REENTRY(test) \
    TESTS_OF_CALLBACKS(test) \
    TESTS_OF_MEMORY(test) \
    TESTS_OF_LIFE(test) \
    TESTS_OF_GLOBALS(test) \
    TESTS_OF_MODULES(test) \
    TESTS_OF_CONTRACTS(test) \
    TESTS_OF_HEAP(test)
#endif

#define DECLARE(name) void name(void);
TESTS(DECLARE)
#undef DECLARE

#endif
