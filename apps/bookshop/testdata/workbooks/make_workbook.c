/* Makes libxlsxwriter.xlsx: the table of make_workbooks.py by way of libxlsxwriter.
 *
 * cc make_workbook.c -o make_workbook -lxlsxwriter && ./make_workbook      (libxlsxwriter-dev) */
#include <xlsxwriter.h>

int main(void) {
    lxw_workbook* book = workbook_new("libxlsxwriter.xlsx");
    lxw_worksheet* hidden = workbook_add_worksheet(book, "Hidden");
    worksheet_write_string(hidden, 0, 0, "nothing", NULL);
    lxw_worksheet* sheet = workbook_add_worksheet(book, "B\xC3\xBC" "cher");
    worksheet_activate(sheet);
    worksheet_hide(hidden);
    worksheet_set_first_sheet(sheet);
    workbook_add_worksheet(book, "Other");

    const char* header[] = {"title", "author", "book_type", "ISBN", "year_published", "price", "no_of_pages",
                            "quantity", "description", "added", "seen", "sold", "total", "new"};
    for (lxw_col_t i = 0; i < 14; ++i) worksheet_write_string(sheet, 0, i, header[i], NULL);

    lxw_format* isbn = workbook_add_format(book);
    format_set_num_format(isbn, "0000000000");
    lxw_format* day = workbook_add_format(book);
    format_set_num_format(day, "yyyy-mm-dd");
    lxw_format* moment = workbook_add_format(book);
    format_set_num_format(moment, "yyyy-mm-dd hh:mm:ss");
    lxw_format* money = workbook_add_format(book);
    format_set_num_format(money, "0.00");
    lxw_format* bold = workbook_add_format(book);
    format_set_bold(bold);

    lxw_rich_string_tuple start = {NULL, "Em"};
    lxw_rich_string_tuple rest = {bold, "ma"};
    lxw_rich_string_tuple* title[] = {&start, &rest, NULL};
    worksheet_write_rich_string(sheet, 1, 0, title, NULL);
    worksheet_write_string(sheet, 1, 1, "Jane Austen", NULL);
    worksheet_write_string(sheet, 1, 2, "Classic", NULL);
    worksheet_write_string(sheet, 1, 3, "0141439580", isbn);
    worksheet_write_number(sheet, 1, 4, 1815, NULL);
    worksheet_write_number(sheet, 1, 5, 9.99, NULL);
    worksheet_write_number(sheet, 1, 6, 474, NULL);
    worksheet_write_number(sheet, 1, 7, 3, NULL);
    worksheet_write_string(sheet, 1, 8, "first\nsecond", NULL);
    lxw_datetime added = {2024, 5, 1, 0, 0, 0};
    worksheet_write_datetime(sheet, 1, 9, &added, day);
    lxw_datetime seen = {2024, 5, 1, 13, 45, 0};
    worksheet_write_datetime(sheet, 1, 10, &seen, moment);
    worksheet_write_number(sheet, 1, 11, 42, money);
    worksheet_write_formula_num(sheet, 1, 12, "=F2*H2", NULL, 29.97);
    worksheet_write_boolean(sheet, 1, 13, 1, NULL);

    worksheet_write_string(sheet, 2, 0, "B\xC3\xA4ume & <Fabeln> \xF0\x9F\x93\x9A", NULL);
    worksheet_write_string(sheet, 2, 1, "\xE5\xA4\xAA\xE5\xAE\xB0\xE6\xB2\xBB", NULL);
    worksheet_write_string(sheet, 2, 2, "Comic", NULL);
    worksheet_write_number(sheet, 2, 3, 439023483, isbn);
    worksheet_write_string(sheet, 2, 4, "1999", NULL);
    worksheet_write_number(sheet, 2, 5, 0.1, NULL);
    worksheet_write_blank(sheet, 2, 6, money);
    worksheet_write_number(sheet, 2, 7, 0, NULL);
    worksheet_write_string(sheet, 2, 8, " blanks around ", NULL);
    lxw_datetime added2 = {1999, 12, 31, 0, 0, 0};
    worksheet_write_datetime(sheet, 2, 9, &added2, day);
    lxw_datetime seen2 = {1999, 12, 31, 23, 59, 59};
    worksheet_write_datetime(sheet, 2, 10, &seen2, moment);
    worksheet_write_number(sheet, 2, 11, 7, money);
    worksheet_write_formula_str(sheet, 2, 12, "=\"a\"&\"b\"", NULL, "ab");
    worksheet_write_boolean(sheet, 2, 13, 0, NULL);
    return workbook_close(book);
}
