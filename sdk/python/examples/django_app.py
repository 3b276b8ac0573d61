#!/usr/bin/env python3
"""A Django application in one file: a page that asks an assistant, and a webhook. In a project, the views go to
`views.py` and the settings to `settings.py`.

    pip install .. django
    AI_ASSISTANT_API_KEY=qk_… AI_ASSISTANT_WEBHOOK_SECRET=… python django_app.py runserver"""

from __future__ import annotations

import os
import sys
from functools import cache

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ai_assistant_sdk import AIAssistantClient, APIStatusError, WebhookVerificationError

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY", "only-for-this-example"),
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    DEBUG=False,
)


@cache
def client() -> AIAssistantClient:
    """One client for all requests and threads of the process."""
    return AIAssistantClient()


@csrf_exempt
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Sends the field `text` to the assistant, and returns the reply."""
    try:
        conversation = client().conversations.create(message=request.POST["text"])
    except APIStatusError as error:
        return JsonResponse({"detail": error.detail}, status=error.status_code)
    return JsonResponse({"reply": conversation.messages[-1].content})


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Takes events. The signature is that of `request.body`, the body as it came."""
    try:
        event = client().webhooks.verify(request.body, request.headers)
    except WebhookVerificationError as error:
        return JsonResponse({"detail": str(error)}, status=401)
    print(event.event, dict(event.data))
    return HttpResponse(status=204)


urlpatterns = [path("ask", ask), path("webhook", webhook)]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
