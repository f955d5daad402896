"""The Book of the tests as Django REST framework has it; the judges beside this file ask its serializer."""
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
                   INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"], USE_TZ=True,
                   DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from rest_framework import serializers

IN_RANGE = [MinValueValidator(0), MaxValueValidator(2147483647)]
TYPES = ["Sci-tech", "Magazine", "Comic", "Classic", "Horror"]
class Book(models.Model):
    title = models.CharField(max_length=255)
    author = models.CharField(max_length=100)
    book_type = models.CharField(max_length=140, choices=[(t, t) for t in TYPES])
    ISBN = models.CharField(max_length=255)
    year_published = models.CharField(max_length=4)
    price = models.DecimalField(decimal_places=2, max_digits=10)
    # the range that Django itself gives a PositiveIntegerField on PostgreSQL; on SQLite it leaves it to a CHECK
    no_of_pages = models.PositiveIntegerField(blank=True, null=True, validators=IN_RANGE)
    quantity = models.PositiveIntegerField(validators=IN_RANGE)
    description = models.TextField(blank=True, null=True)
    class Meta: app_label = "books"

class BookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = "__all__"
