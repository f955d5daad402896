#!/usr/bin/python3
"""Makes the workbooks of this folder: openpyxl-shared.xlsx, openpyxl-inline.xlsx, libreoffice.*, password.xlsx.

usage: make_workbooks.py      (python3-openpyxl, libreoffice-calc-nogui, python3-uno; libxlsxwriter.xlsx comes from make_workbook.c)
"""
import datetime, os, shutil, subprocess, tempfile
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

HEADER = ["title", "author", "book_type", "ISBN", "year_published", "price", "no_of_pages", "quantity", "description",
          "added", "seen", "sold", "total", "new"]
EMMA = ["Emma", "Jane Austen", "Classic", "0141439580", 1815, 9.99, 474, 3, "first\nsecond",
        datetime.date(2024, 5, 1), datetime.datetime(2024, 5, 1, 13, 45), 42, "=F2*H2", True]
FABLES = ["B\u00e4ume & <Fabeln> \U0001F4DA", "\u592a\u5bb0\u6cbb", "Comic", "439023483", "1999", 0.1, None, 0, " blanks around ",
          datetime.date(1999, 12, 31), datetime.datetime(1999, 12, 31, 23, 59, 59), 7, '="a"&"b"', False]
FORMATS = {"ISBN": "0000000000", "added": "yyyy-mm-dd", "seen": "yyyy-mm-dd hh:mm:ss", "sold": "0.00"}


def cells(sheet, row, make):
    row = [439023483 if name == "ISBN" and value == "439023483" else value for name, value in zip(HEADER, row)]
    return [make(sheet, name, value) for name, value in zip(HEADER, row)]


def fill(book, make):
    hidden = book.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    hidden.append(["nothing", "to see"])
    sheet = book.create_sheet("B\u00fccher")
    sheet.append(HEADER)
    for row in (EMMA, FABLES):
        sheet.append(cells(sheet, row, make))
    book.create_sheet("Other").append(["other"])
    book.active = 1


def with_format(sheet, name, value):
    cell = WriteOnlyCell(sheet, value)
    if name in FORMATS:
        cell.number_format = FORMATS[name]
    return cell


def plain(book):
    fill(book, lambda sheet, name, value: value)
    for row in book["B\u00fccher"].iter_rows(min_row=2):
        for name, cell in zip(HEADER, row):
            if name in FORMATS:
                cell.number_format = FORMATS[name]


here = os.path.dirname(os.path.abspath(__file__))
book = Workbook()
book.remove(book.active)
plain(book)
book.save(os.path.join(here, "openpyxl-shared.xlsx"))

book = Workbook(write_only=True)
fill(book, with_format)
book.save(os.path.join(here, "openpyxl-inline.xlsx"))


def soffice(folder, *arguments):
    return ["soffice", "-env:UserInstallation=file://" + folder + "/profile", "--headless", *arguments]


def save_with_password(folder, source, target):
    """Only LibreOffice's programming interface knows passwords."""
    import time, uno
    from com.sun.star.beans import NamedValue, PropertyValue
    office = subprocess.Popen(soffice(folder, "--accept=pipe,name=workbooks;urp;"))
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(100):
        try:
            context = resolver.resolve("uno:pipe,name=workbooks;urp;StarOffice.ComponentContext")
            break
        except Exception:
            time.sleep(0.2)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    document = desktop.loadComponentFromURL("file://" + source, "_blank", 0, (PropertyValue("Hidden", 0, True, 0),))
    password = uno.Any("[]com.sun.star.beans.NamedValue", (NamedValue("CryptoType", "Standard"), NamedValue("OOXPassword", "secret")))
    document.storeToURL("file://" + target, (PropertyValue("FilterName", 0, "Calc MS Excel 2007 XML", 0),
                                             PropertyValue("EncryptionData", 0, password, 0)))
    document.close(True)
    try:
        desktop.terminate()
    except Exception:
        pass
    office.wait()


with tempfile.TemporaryDirectory() as folder:
    def convert(target, source):
        subprocess.run(soffice(folder, "--convert-to", target, "--outdir", folder, source), check=True, stdout=subprocess.DEVNULL)
    source = os.path.join(here, "openpyxl-shared.xlsx")
    for form in ("ods", "xls", "xlsx"):
        convert(form, source)
        shutil.move(os.path.join(folder, "openpyxl-shared." + form), os.path.join(here, "libreoffice." + form))
    save_with_password(folder, source, os.path.join(here, "password.xlsx"))
