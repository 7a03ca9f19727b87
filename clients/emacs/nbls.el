;;; nbls.el --- Run the cells of a notebook in its buffer  -*- lexical-binding: t; -*-

;; Author: The authors of nbls
;; Version: 0.1.0
;; Package-Requires: ((emacs "30.1"))
;; URL: https://www.npmjs.com/package/notebook-language-server
;; Keywords: languages, tools, processes
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `nbls-mode' shows what the cells of a script (`# %%') or an .ipynb print,
;; under them and while they run.  The language server `nbls' finds, runs and
;; renders; this file draws, in overlays and never in the text.  It has its own
;; connection beside eglot's server, or uses eglot's nbls (`nbls-eglot').

;;; Code:

(require 'ansi-color)
(require 'cl-lib)
(require 'jsonrpc)
(require 'project)
(require 'subr-x)
(require 'url-util)

(defgroup nbls nil "Notebooks: cells that run in their buffer." :group 'languages)

(defcustom nbls-command '("nbls" "lsp" "--stdio")
  "The program that is the server, and its arguments."
  :type '(repeat string))

(defcustom nbls-settings nil
  "Settings for a new server, as a plist such as (:outputs.linesMax 30)."
  :type 'plist)

(defcustom nbls-timeout 10
  "Seconds that opening and saving an .ipynb wait for the server."
  :type 'number)

(defface nbls-marker '((t :inherit bold)) "The line that begins a cell.")

(defface nbls-error '((((supports :underline (:style wave))) :underline (:style wave :color "red"))
                      (t :inherit error :underline t))
  "The place where a cell failed, or where the text is no notebook.")

(defface nbls-frame '((t :inherit shadow)) "What is drawn around outputs.")

(defvar nbls--buffers (make-hash-table :test #'equal)
  "The buffers whose notebooks are drawn, by the URI that the server knows.")
(defvar nbls--connections nil "Servers that this file started, by their root directory.")

(defvar-local nbls--server nil "The connection that serves this buffer.")
(defvar-local nbls--uri nil "The URI of this buffer in nbls--buffers.")
(defvar-local nbls--cells nil "The cells of this buffer in their order.")
(defvar-local nbls--by-id nil "The cells of this buffer by their ids.")
(defvar-local nbls--kernel nil "What the server last said of this buffer's kernel.")
(defvar-local nbls--marks nil "Overlays of diagnostics.")
(defvar-local nbls--language nil "The language of the .ipynb in this buffer.")
(put 'nbls--language 'permanent-local t)

(defun nbls--in (buffer function &rest arguments)
  "Call FUNCTION with ARGUMENTS in BUFFER, if it still is there."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (apply function arguments))))

;;;; The text: what the server has of it

;; Changes are sent as whole lines, so that no column has to be counted in
;; UTF-16.  What changed since the last time lies between two markers.

(defvar-local nbls--version nil "Version of the text that was sent last; nil: not opened.")
(defvar-local nbls--sent-lines 0 "Lines of the text that was sent last.")
(defvar-local nbls--dirty nil "Markers around what was not sent yet.")
(defvar-local nbls--flush-timer nil)

(defun nbls--text (beg end)
  "The text from BEG to END; bytes that are no characters become U+FFFD."
  (replace-regexp-in-string "[\x3fff80-\x3fffff]" "\ufffd" (buffer-substring-no-properties beg end)))

(defun nbls--after-change (beg end _length)
  "Remember that the text from BEG to END is new."
  (when nbls--version
    (if nbls--dirty
        (progn (set-marker (car nbls--dirty) (min beg (car nbls--dirty)))
               (set-marker (cdr nbls--dirty) (max end (cdr nbls--dirty))))
      (setq nbls--dirty (cons (copy-marker beg) (copy-marker end t))))
    (unless nbls--flush-timer
      (let ((buffer (current-buffer)))
        (setq nbls--flush-timer (run-with-idle-timer 0.05 nil (lambda () (nbls--in buffer #'nbls--flush))))))))

(defun nbls--flush ()
  "Send what was edited."
  (if (timerp nbls--flush-timer) (cancel-timer nbls--flush-timer))
  (setq nbls--flush-timer nil)
  (cond
   ((nbls--eglot-p nbls--server) (eglot--signal-textDocument/didChange))
   (nbls--dirty
    (without-restriction
      (save-excursion
        ;; Behind what changed are as many lines as the server has there.
        (let* ((first (1- (line-number-at-pos (car nbls--dirty))))
               (end (line-number-at-pos (cdr nbls--dirty)))
               (lines (line-number-at-pos (point-max))))
          (jsonrpc-notify
           nbls--server :textDocument/didChange
           (list :textDocument (list :uri nbls--uri :version (cl-incf nbls--version))
                 :contentChanges
                 (vector (list :range (list :start (list :line first :character 0)
                                            :end (list :line (+ end (- nbls--sent-lines lines)) :character 0))
                               :text (nbls--text (nbls--line-position first) (nbls--line-position end))))))
          (setq nbls--sent-lines lines))))
    (set-marker (car nbls--dirty) nil)
    (set-marker (cdr nbls--dirty) nil)
    (setq nbls--dirty nil))))

(defun nbls--current-p (version)
  "Whether the text of VERSION is that of the buffer."
  (nbls--flush)
  (eql version (if (nbls--eglot-p nbls--server)
                   (plist-get (eglot--VersionedTextDocumentIdentifier) :version)
                 nbls--version)))

(defun nbls--line-position (line)
  "Go to the beginning of LINE, counted from 0, and return the position."
  (goto-char (point-min))
  (if (= (forward-line line) 0) (point) (goto-char (point-max))))

(defun nbls--position (position)
  "Go to POSITION, whose column is in UTF-16, and return it."
  (nbls--line-position (plist-get position :line))
  (let ((units (plist-get position :character)))
    (while (and (> units 0) (not (eolp)))
      (cl-decf units (if (> (char-after) #xffff) 2 1))
      (forward-char)))
  (point))

;;;; Cells: drawing them

(cl-defstruct (nbls--cell (:constructor nbls--make-cell) (:copier nil))
  "A cell: what the server said of it, and the overlays that show it."
  id kind state status message has-marker
  (label (make-overlay 1 1 nil nil t))  ; overlay over its first line
  (output (make-overlay 1 1 nil t nil)) ; overlay where its output belongs
  (seq -1)                              ; of the output that is shown
  is-there)

(defun nbls--take-cells (params)
  "Put the cells of PARAMS in the place of those that they replace."
  (seq-doseq (change (plist-get params :changes))
    (let* ((cache-long-scans nil) ; finding thousands of lines is five times as fast without
           (start (plist-get change :start))
           (old (take (plist-get change :deleteCount) (nthcdr start nbls--cells)))
           (new (progn
                  (dolist (cell old) (setf (nbls--cell-is-there cell) nil))
                  (mapcar #'nbls--take-cell (plist-get change :cells)))))
      (setq nbls--cells (append (take start nbls--cells) new (nthcdr (+ start (length old)) nbls--cells)))
      (mapc #'nbls--forget-cell (seq-remove #'nbls--cell-is-there old))))
  (unless (nbls--current-p (plist-get (plist-get params :textDocument) :version))
    (nbls--ask-for-places)))

(defun nbls--ask-for-places ()
  "Place all cells once more: the user has typed since the server looked."
  (nbls--ask :nbls/cells (list :textDocument (list :uri nbls--uri))
             (lambda (answer)
               (if (not (nbls--current-p (plist-get answer :version)))
                   (nbls--ask-for-places)
                 (without-restriction
                   (save-excursion
                     (seq-doseq (told (plist-get answer :cells))
                       (when-let* ((cell (gethash (plist-get told :id) nbls--by-id)))
                         (nbls--place-cell cell told)))))))))

(defun nbls--take-cell (told)
  "The cell that the server TOLD of, drawn in its place."
  (let* ((id (plist-get told :id))
         (cell (or (gethash id nbls--by-id) (puthash id (nbls--make-cell :id id) nbls--by-id))))
    (setf (nbls--cell-kind cell) (plist-get told :kind)
          (nbls--cell-state cell) (plist-get told :state)
          (nbls--cell-status cell) (plist-get told :statusText)
          (nbls--cell-is-there cell) t)
    (nbls--place-cell cell told)
    cell))

(defun nbls--place-cell (cell told)
  "Draw CELL where it is as the server TOLD."
  (cl-destructuring-bind (&key range bodyRange &allow-other-keys) told
    (let* ((line (plist-get (plist-get range :start) :line))
           (body (plist-get bodyRange :start))
           (end (plist-get bodyRange :end)))
      (setf (nbls--cell-has-marker cell) (or (> (plist-get body :line) line) (> (plist-get body :character) 0)))
      (nbls--line-position line)
      (move-overlay (nbls--cell-label cell) (point) (pos-eol) (current-buffer))
      ;; An empty body lies behind the marker.
      (unless (equal body end) (nbls--line-position (plist-get end :line)))
      ;; Over the newline: text that is typed at the end of the line stays above.
      (move-overlay (nbls--cell-output cell) (pos-eol) (min (1+ (pos-eol)) (point-max)) (current-buffer))
      (nbls--draw-label cell)
      (nbls--draw-lines cell))))

(defun nbls--forget-cell (cell)
  "Draw CELL no longer."
  (remhash (nbls--cell-id cell) nbls--by-id)
  (delete-overlay (nbls--cell-label cell))
  (delete-overlay (nbls--cell-output cell)))

(defconst nbls--state-faces
  '(("queued" . shadow) ("running" . warning) ("succeeded" . success) ("failed" . error)
    ("cancelled" . shadow) ("interrupted" . warning) ("unknown" . warning))
  "The face of a cell's status, by its state.")

(defun nbls--button (text command help)
  "TEXT as a button for COMMAND, described by HELP."
  (let ((clicked (lambda (event)
                   (interactive "e")
                   (mouse-set-point event)
                   (call-interactively command))))
    (propertize text 'mouse-face 'highlight 'help-echo help 'keymap (define-keymap "<mouse-1>" clicked))))

(defun nbls--draw-label (cell)
  "Draw the buttons and the status of CELL on its first line."
  (let ((overlay (nbls--cell-label cell))
        (state (nbls--cell-state cell)))
    (when (nbls--cell-has-marker cell)
      (overlay-put overlay 'face 'nbls-marker)
      (overlay-put overlay 'after-string
                   (when (equal (nbls--cell-kind cell) "code")
                     (concat (propertize "  " 'cursor t)
                             (if (member state '("queued" "running"))
                                 (nbls--button "■" #'nbls-cancel "mouse-1: cancel")
                               (nbls--button "▶" #'nbls-run-cell "mouse-1: run this cell"))
                             (propertize (concat " " (nbls--cell-status cell))
                                         'face (alist-get state nbls--state-faces 'shadow nil #'equal)
                                         'help-echo (nbls--cell-message cell))))))))

(defun nbls--color (color attribute)
  "COLOR of a span as Emacs knows it; of ANSI's 16, ATTRIBUTE of their faces."
  (cond ((stringp color) color)
        ((< color 8) (funcall attribute (aref ansi-color-normal-colors-vector color) nil 'default))
        ((< color 16) (funcall attribute (aref ansi-color-bright-colors-vector (- color 8)) nil 'default))
        ((< color 232)
         (apply #'format "#%02x%02x%02x"
                (mapcar (lambda (step) (aref [0 95 135 175 215 255] (% (/ (- color 16) step) 6))) '(36 6 1))))
        (t (let ((grey (+ 8 (* 10 (- color 232))))) (format "#%02x%02x%02x" grey grey grey)))))

(defun nbls--span (span)
  "The text of SPAN in its face."
  (cl-destructuring-bind (&key text fg bg bold italic underline dim &allow-other-keys) span
    (if-let* ((face `(,@(when fg (list :foreground (nbls--color fg #'face-foreground)))
                      ,@(when bg (list :background (nbls--color bg #'face-background)))
                      ,@(when (eq bold t) '(:weight bold))
                      ,@(when (eq italic t) '(:slant italic))
                      ,@(when (eq underline t) '(:underline t))
                      ,@(when (and (eq dim t) (not fg)) '(:inherit shadow)))))
        (propertize text 'face face)
      text)))

(defun nbls--take-outputs (params)
  "Draw the outputs of PARAMS under their cell."
  (when-let* ((cell (gethash (plist-get params :cellId) nbls--by-id))
              ((>= (plist-get params :seq) (nbls--cell-seq cell))))
    (setf (nbls--cell-seq cell) (plist-get params :seq))
    (nbls--take-status cell params)
    (overlay-put (nbls--cell-output cell) 'nbls-lines (nbls--output-lines params))
    (nbls--draw-lines cell)))

(defun nbls--output-lines (params)
  "The outputs of PARAMS as one text; nil where there are none."
  (let* ((hidden (plist-get params :hiddenLineCount))
         (lines (mapcar (lambda (line) (mapconcat #'nbls--span line)) (plist-get params :lines)))
         (pictured (nbls--draw-images lines (plist-get params :images)))
         (count (propertize (format "… %d more line%s" hidden (if (= hidden 1) "" "s")) 'face 'link)))
    (when (> hidden 0)
      (push (nbls--button count #'nbls-open-output "mouse-1: open the whole output") pictured))
    (when pictured
      (mapconcat (lambda (line) (concat (propertize "│ " 'face 'nbls-frame) line)) pictured "\n"))))

(defun nbls--draw-lines (cell)
  "Draw the output of CELL where its overlay is now."
  (let* ((overlay (nbls--cell-output cell))
         (lines (overlay-get overlay 'nbls-lines))
         (is-at-end (= (overlay-start overlay) (overlay-end overlay))))
    (overlay-put overlay 'after-string
                 (cond ((null lines) nil)
                       ;; The last line has no newline of its own; the cursor stays in it.
                       (is-at-end (concat (propertize " " 'cursor t) "\n" lines))
                       (t (concat lines "\n"))))))

(defun nbls--take-status (cell params)
  "Draw the state that PARAMS give to CELL."
  (setf (nbls--cell-status cell) (plist-get params :statusText)
        (nbls--cell-state cell) (or (plist-get params :state) (nbls--cell-state cell))
        (nbls--cell-message cell) (plist-get params :message))
  (nbls--draw-label cell))

(defun nbls--take-execution (params)
  "Draw the execution of PARAMS, tell why it failed, let its outputs be saved."
  (when-let* ((cell (gethash (plist-get params :cellId) nbls--by-id)))
    (nbls--take-status cell params)
    (when-let* ((text (plist-get params :message))) (message "nbls: %s" (string-trim text)))
    (when (and (plist-get params :durationMs) (memq #'nbls--write-notebook write-file-functions)) (set-buffer-modified-p t))
    (force-mode-line-update)))

(defun nbls--take-diagnostics (params)
  "Mark the places of the diagnostics in PARAMS, but for those of an older text."
  (when (nbls--current-p (plist-get params :version))
    (mapc #'delete-overlay nbls--marks)
    (setq nbls--marks
          (mapcar (lambda (diagnostic)
                    (cl-destructuring-bind (&key range message &allow-other-keys) diagnostic
                      (let* ((beg (nbls--position (plist-get range :start)))
                             (end (nbls--position (plist-get range :end)))
                             (overlay (make-overlay beg (max end (min (1+ beg) (point-max))))))
                        (overlay-put overlay 'face 'nbls-error)
                        (overlay-put overlay 'help-echo message)
                        overlay)))
                  (plist-get params :diagnostics)))))

;;;; Pictures

(defun nbls--draw-images (lines images)
  "LINES with IMAGES in their places, as the selected frame can draw them."
  (let ((at 0) drawn)
    (seq-doseq (image images)
      (cl-destructuring-bind (&key path line columns rows transmission &allow-other-keys) image
        (setq drawn (append drawn (take (- line at) (nthcdr at lines))) at line)
        (if (not (display-images-p))
            (progn (nbls--transmit transmission)
                   (mapc #'nbls--make-combining (string-join (take rows (nthcdr line lines)))))
          (setq at (+ line rows)
                drawn (append drawn
                              (list (propertize " " 'display
                                                (create-image path 'png nil :ascent 'center :scale 1
                                                              :max-width (* columns (frame-char-width))
                                                              :max-height (* rows (frame-char-height))))))))))
    (append drawn (nthcdr at lines))))

(defun nbls--transmit (file)
  "Give the terminal the picture in FILE, each line by a write of its own."
  (when (and file (file-readable-p file))
    (mapc #'send-string-to-terminal
          (split-string (with-temp-buffer
                          (set-buffer-multibyte nil)
                          (insert-file-contents-literally file)
                          (buffer-string))
                        "\n" t))))

(defun nbls--make-combining (char)
  "Let CHAR, one of those that name a cell of an image, be composed."
  (cond ((= char #x10eeee) (modify-category-entry char ?.))
        ((> char 255)
         (modify-category-entry char ?^)
         (aset char-width-table char 0))))

(defun nbls--view ()
  "The window of this buffer, as the server is told.
It knows which terminals paint over placeholders.  A picture there has the
number that the colour of its placeholders is, in 24 bits."
  (let ((windows (or (get-buffer-window-list nil nil 'visible) (list (selected-window)))))
    `(:width ,(max 20 (- (apply #'min (mapcar #'window-max-chars-per-line windows)) 3))
      :height ,(apply #'min (mapcar #'window-body-height windows))
      ,@(cond ((display-images-p) '(:graphics "kitty" :placeholders :json-false))
              ((>= (display-color-cells) 16777216) '(:placeholders t))))))

(defun nbls--view-changed (&rest _)
  "Tell the server if this buffer's window is not what it was told last."
  (when (or nbls--version (nbls--eglot-p nbls--server))
    (let ((view (nbls--view)) (process (jsonrpc--process nbls--server)))
      (unless (equal view (process-get process 'nbls-view))
        (process-put process 'nbls-view view)
        (jsonrpc-notify nbls--server :nbls/didChangeView view)))))

;;;; The server

(defclass nbls-connection (jsonrpc-process-connection)
  ((waiting :initform nil :accessor nbls--waiting
            :documentation "What is to be done once the server has answered, the newest first.")
   (is-ready :initform nil :accessor nbls--ready-p))
  :documentation "A server that runs beside the one of eglot.")

(defun nbls--eglot-p (connection)
  "Whether CONNECTION is one of eglot's."
  (and (featurep 'nbls-eglot) (object-of-class-p connection 'nbls-eglot-server)))

(declare-function eglot-current-server "eglot")
(declare-function eglot--TextDocumentIdentifier "eglot")
(declare-function eglot--VersionedTextDocumentIdentifier "eglot")
(declare-function eglot--signal-textDocument/didChange "eglot")

(defun nbls--capability ()
  "The abilities of this client, for the server."
  (append (list :outputs t :requestInput t) (nbls--view)))

(defun nbls--file-uri (path)
  "The URI of PATH."
  (concat "file://" (url-hexify-string (expand-file-name path) url-path-allowed-chars)))

(defun nbls--uri-file (uri)
  "The path of the file with URI."
  (decode-coding-string (url-unhex-string (string-remove-prefix "file://" uri)) 'utf-8))

(defun nbls--connect ()
  "The server for this buffer, started if there is none."
  (let* ((root (expand-file-name (if-let* ((project (project-current))) (project-root project)
                                   default-directory)))
         (known (alist-get root nbls--connections nil nil #'equal)))
    (if (and known (jsonrpc-running-p known)) known
      (setf (alist-get root nbls--connections nil nil #'equal) (nbls--start root)))))

(defun nbls--start (root)
  "Start a server in ROOT."
  (let* ((default-directory root)
         (name (format "nbls %s" (abbreviate-file-name root)))
         (connection
          (make-instance
           'nbls-connection :name name
           :events-buffer-config '(:size 0 :format short)
           :notification-dispatcher #'nbls--notified
           :request-dispatcher #'nbls--requested
           :on-shutdown #'nbls--ended
           :process (lambda ()
                      (make-process :name name :command nbls-command :connection-type 'pipe
                                    :coding 'utf-8-emacs-unix :noquery t
                                    :stderr (get-buffer-create (format "*%s stderr*" name)))))))
    (jsonrpc-async-request
     connection :initialize
     (list :processId (emacs-pid)
           :clientInfo (list :name "Emacs" :version emacs-version)
           :rootUri (nbls--file-uri root)
           :capabilities (list :general '(:positionEncodings ["utf-16"])
                               :window '(:showDocument (:support t)) :workspace '(:applyEdit t)
                               :experimental (list :nbls (nbls--capability)))
           :initializationOptions (and nbls-settings (list :nbls nbls-settings)))
     :timeout 60
     :success-fn (lambda (_)
                   (jsonrpc-notify connection :initialized (make-hash-table))
                   (setf (nbls--ready-p connection) t)
                   (mapc #'funcall (reverse (nbls--waiting connection)))
                   (setf (nbls--waiting connection) nil))
     :error-fn #'nbls--failed)
    connection))

(defun nbls--when-ready (function)
  "Call FUNCTION in this buffer as soon as its server has answered."
  (let ((buffer (current-buffer)))
    (if (or (nbls--eglot-p nbls--server) (nbls--ready-p nbls--server))
        (funcall function)
      (push (lambda () (nbls--in buffer function)) (nbls--waiting nbls--server)))))

(defun nbls--failed (problem)
  "Tell of PROBLEM, an error that the server answered."
  (message "nbls: %s" (plist-get problem :message)))

(defun nbls--ask (method params &optional then)
  "Send a request of METHOD with PARAMS, after the edits that went before.
THEN gets the answer, in this buffer."
  (unless nbls--server (user-error "This buffer shows no notebook: M-x nbls-mode"))
  (unless (jsonrpc-running-p nbls--server) (user-error "The server has ended: M-x nbls-restart-server"))
  (let ((buffer (current-buffer)))
    (nbls--when-ready
     (lambda ()
       (nbls--flush)
       (jsonrpc-async-request nbls--server method params :timeout 60
                              :success-fn (lambda (answer) (nbls--in buffer (or then #'ignore) answer))
                              :error-fn #'nbls--failed)))))

(defun nbls--ask-now (connection method params)
  "The answer of CONNECTION to a request of METHOD with PARAMS.
Waits for it, for `nbls-timeout' seconds."
  (with-timeout (nbls-timeout (error "The server of nbls does not answer"))
    (while (not (or (nbls--eglot-p connection) (nbls--ready-p connection)))
      (unless (jsonrpc-running-p connection) (error "The server of nbls has ended"))
      (accept-process-output nil 0.05)))
  (jsonrpc-request connection method params :timeout nbls-timeout))

(defun nbls--notified (_server method params)
  "Handle the notification METHOD of the server, with PARAMS."
  (pcase method
    ('window/showMessage
     (message "nbls: %s" (propertize (plist-get params :message) 'face
                                     (if (eql (plist-get params :type) 1) 'error 'default))))
    ('$/cancelRequest (nbls--withdraw-input))
    (_ (when-let* ((function (pcase method
                               ('nbls/didChangeCells #'nbls--take-cells)
                               ('nbls/didChangeOutputs #'nbls--take-outputs)
                               ('nbls/didChangeExecution #'nbls--take-execution)
                               ('nbls/didChangeKernel (lambda (params)
                                                        (setq nbls--kernel (plist-get params :kernel))
                                                        (force-mode-line-update)))
                               ('textDocument/publishDiagnostics #'nbls--take-diagnostics)))
                   (uri (or (plist-get params :uri) (plist-get (plist-get params :textDocument) :uri))))
         (nbls--in (gethash uri nbls--buffers)
                   (lambda () (without-restriction (save-excursion (funcall function params)))))))))

(defun nbls--requested (_server method params)
  "Answer the request METHOD of the server, with PARAMS."
  (pcase method
    ('nbls/requestInput (nbls--read-input params))
    ('window/showDocument (nbls--show-document params))
    ('workspace/applyEdit (nbls--apply-edit (plist-get params :edit)))
    (_ (jsonrpc-error :code -32601 :message (format "%s is not known here" method)))))

(defun nbls--ended (connection)
  "Say in the buffers of CONNECTION that it has ended."
  (setq nbls--connections (rassq-delete-all connection nbls--connections))
  (dolist (buffer (nbls--buffers-of connection))
    (with-current-buffer buffer
      (setq nbls--kernel nil nbls--version nil)
      (force-mode-line-update))))

(defun nbls--buffers-of (connection)
  "The buffers that CONNECTION serves."
  (seq-filter (lambda (buffer)
                (and (buffer-live-p buffer) (eq (buffer-local-value 'nbls--server buffer) connection)))
              (hash-table-values nbls--buffers)))

;;;; What the server asks for

(defvar nbls--input-depth nil "Depth of the minibuffer in which a cell's question is open.")

(defun nbls--read-input (params)
  "Let the user answer the question of PARAMS; nil where they will not."
  (let* ((asked (plist-get params :prompt))
         (prompt (if (string-blank-p asked) "Input: " asked))
         (enable-recursive-minibuffers t)
         (nbls--input-depth (1+ (minibuffer-depth))))
    (prog1 (with-local-quit             ; messages come by timers
             (list :value (if (eq (plist-get params :password) t) (read-passwd prompt) (read-string prompt))))
      (setq quit-flag nil))))

(defun nbls--withdraw-input ()
  "Close the minibuffer of a question that nobody asks any more."
  (when (and nbls--input-depth (= nbls--input-depth (minibuffer-depth)))
    (abort-recursive-edit)))

(defun nbls--show-document (params)
  "Show the document of PARAMS, and move to its selection."
  (cl-destructuring-bind (&key uri external selection &allow-other-keys) params
    (if (eq external t)
        (browse-url uri)
      (let ((buffer (or (gethash uri nbls--buffers) (find-file-noselect (nbls--uri-file uri)))))
        (if (eq buffer (window-buffer (selected-window)))
            (set-buffer buffer)
          (pop-to-buffer buffer))
        (when selection (nbls--position (plist-get selection :start)))))
    '(:success t)))

(defun nbls--apply-edit (edit)
  "Apply EDIT to its document, as one step to undo."
  (let* ((change (seq-first (plist-get edit :documentChanges)))
         (document (plist-get change :textDocument))
         (buffer (gethash (plist-get document :uri) nbls--buffers)))
    (with-current-buffer (or buffer (current-buffer))
      (if (or (null buffer) buffer-read-only nbls--dirty
              (not (eql (plist-get document :version) nbls--version)))
          '(:applied :json-false :failureReason "the text was edited meanwhile")
        (without-restriction
          (save-excursion
            (undo-boundary)
            (seq-doseq (edit (reverse (plist-get change :edits)))
              (let ((end (nbls--position (plist-get (plist-get edit :range) :end))))
                (delete-region (nbls--position (plist-get (plist-get edit :range) :start)) end)
                (insert (plist-get edit :newText))))
            (undo-boundary)))
        (nbls--flush)
        '(:applied t)))))

;;;; Commands

(defun nbls--command (name &rest arguments)
  "Let the server run the command NAME for this buffer, with ARGUMENTS."
  (nbls--ask :workspace/executeCommand
             (list :command name :arguments (vconcat (list nbls--uri) arguments))))

(defvar-keymap nbls-command-map
  :doc "Commands for notebooks.")
(fset 'nbls-command-map nbls-command-map)

(defmacro nbls--define-commands (&rest commands)
  "Define COMMANDS for the cell at point, each (KEY NAME SERVER-NAME DOC)."
  `(progn
     ,@(mapcan (pcase-lambda (`(,key ,name ,server-name ,doc))
                 `((defun ,name ()
                     ,doc
                     (interactive)
                     (nbls--command ,server-name (line-number-at-pos nil t)))
                   (keymap-set nbls-command-map ,key #',name)))
               commands)))

(nbls--define-commands
 ("c" nbls-run-cell "nbls.runCell" "Run the cell at point.")
 ("RET" nbls-run-cell-and-advance "nbls.runCellAdvance" "Run the cell at point and move to the next.")
 ("u" nbls-run-above "nbls.runAbove" "Run the cells above the one at point.")
 ("d" nbls-run-below "nbls.runBelow" "Run the cell at point and those below.")
 ("a" nbls-run-all "nbls.runAll" "Run every cell.")
 ("q" nbls-cancel "nbls.cancel" "Cancel the cells that wait, and interrupt the one that runs.")
 ("i" nbls-interrupt "nbls.interrupt" "Interrupt the kernel.")
 ("0" nbls-restart "nbls.restart" "Restart the kernel.")
 ("!" nbls-restart-and-run-all "nbls.restartAndRunAll" "Restart the kernel and run every cell.")
 ("Q" nbls-shutdown-kernel "nbls.shutdownKernel" "End the kernel.")
 ("k" nbls-clear-output "nbls.clearOutputs" "Remove the output of the cell at point.")
 ("t" nbls-toggle-output "nbls.toggleOutput" "Hide or show the output of the cell at point.")
 ("l" nbls-show-kernels "nbls.showKernels" "List the running kernels and what waits.")
 ("O" nbls-browse-output "nbls.openOutput" "Open the cell's output as a file or in a browser.")
 ("A" nbls-insert-cell-above "nbls.insertCellAbove" "Insert a cell above the one at point.")
 ("B" nbls-insert-cell-below "nbls.insertCellBelow" "Insert a cell below the one at point.")
 ("x" nbls-delete-cell "nbls.deleteCell" "Delete the cell at point.")
 ("P" nbls-move-cell-up "nbls.moveCellUp" "Move the cell at point above the one before it.")
 ("N" nbls-move-cell-down "nbls.moveCellDown" "Move the cell at point below the one after it.")
 ("|" nbls-split-cell "nbls.splitCell" "Split the cell before the line at point.")
 ("j" nbls-merge-cell-below "nbls.mergeCellBelow" "Join the cell at point and the one below.")
 ("y" nbls-change-cell-kind "nbls.changeCellKind" "Make the cell at point text, or code."))

(defun nbls-clear-all-outputs ()
  "Remove the outputs of every cell."
  (interactive)
  (nbls--command "nbls.clearOutputs"))

(defun nbls-run-lines (beg end)
  "Run the lines from BEG to END, and nothing else of their cell."
  (interactive "r")
  (nbls--command "nbls.runLines" (vector (line-number-at-pos beg t)
                                         (line-number-at-pos (max beg (1- end)) t))))

(defun nbls-answer-input (value)
  "Answer VALUE to the cell that asks for input."
  (interactive "sInput: ")
  (nbls--command "nbls.replyInput" value))

(defun nbls-select-kernel ()
  "Choose the kernel of this notebook."
  (interactive)
  (nbls--ask :nbls/kernelspecs (list :textDocument (list :uri nbls--uri)) #'nbls--choose-kernel))

(defun nbls--choose-kernel (answer)
  "Let the user choose one of the kernels in ANSWER."
  (let* ((candidates (mapcar (lambda (candidate)
                               (cons (plist-get candidate :name)
                                     (format "  %s: %s" (plist-get candidate :displayName)
                                             (plist-get candidate :reason))))
                             (plist-get answer :candidates)))
         (completion-extra-properties
          (list :annotation-function (lambda (name) (alist-get name candidates nil nil #'equal))))
         (chosen (plist-get answer :chosen)))
    (with-local-quit
      (nbls--command "nbls.selectKernel"
                     (completing-read (format-prompt "Kernel" chosen) candidates nil nil nil nil chosen)))))

(defun nbls--cell-at (position)
  "The cell at POSITION; nil before the first one."
  (let (found)
    (dolist (cell nbls--cells found)
      (when (<= (overlay-start (nbls--cell-label cell)) position) (setq found cell)))))

(defun nbls-next-cell (&optional count)
  "Move to the next cell, or COUNT cells further."
  (interactive "p")
  (let* ((count (or count 1))
         (starts (mapcar (lambda (cell) (overlay-start (nbls--cell-label cell))) nbls--cells))
         (ahead (seq-filter (lambda (start) (if (> count 0) (> start (point)) (< start (point))))
                            (if (> count 0) starts (reverse starts)))))
    (unless ahead (user-error "No cell there"))
    (push-mark nil t)
    (goto-char (or (nth (1- (abs count)) ahead) (car (last ahead))))))

(defun nbls-previous-cell (&optional count)
  "Move to the beginning of the cell, or of the one before it, COUNT times."
  (interactive "p")
  (nbls-next-cell (- (or count 1))))

(defun nbls-mark-cell ()
  "Put point at the beginning of the cell and the mark at its end."
  (interactive)
  (let* ((cell (or (nbls--cell-at (point)) (user-error "No cell here")))
         (next (cadr (memq cell nbls--cells))))
    (push-mark (if next (overlay-start (nbls--cell-label next)) (point-max)) t t)
    (goto-char (overlay-start (nbls--cell-label cell)))))

;;;; A whole output, in pages

(defconst nbls--page-lines 2000 "Lines of output that are fetched at a time.")
(defvar-local nbls--shown-cell nil "Whose output this is: (BUFFER . CELL-ID).")

(define-derived-mode nbls-output-mode special-mode "Output"
  "The whole output of a cell, in pages: a button at its end fetches the next."
  (setq-local revert-buffer-function (lambda (&rest _) (nbls--fetch-output 0))))

(defun nbls-open-output ()
  "Show the whole output of the cell at point in a buffer of its own."
  (interactive)
  (let ((cell (or (nbls--cell-at (point)) (user-error "No cell here"))) (source (current-buffer)))
    (with-current-buffer (get-buffer-create (format "*output of %s*" (buffer-name)))
      (nbls-output-mode)
      (setq nbls--shown-cell (cons source (nbls--cell-id cell)))
      (nbls--fetch-output 0)
      (display-buffer (current-buffer)))))

(defun nbls--fetch-output (offset)
  "Fetch a page of the output from line OFFSET on."
  (pcase-let ((`(,source . ,id) nbls--shown-cell) (target (current-buffer)))
    (unless (buffer-live-p source) (user-error "Its notebook is closed"))
    (with-current-buffer source
      (nbls--ask :nbls/outputs
                 (list :textDocument (list :uri nbls--uri) :cellId id :as "text"
                       :offset offset :limit nbls--page-lines)
                 (lambda (answer) (nbls--in target #'nbls--insert-output offset answer))))))

(defun nbls--insert-output (offset answer)
  "Put the page in ANSWER, which begins with line OFFSET, into this buffer."
  (let* ((inhibit-read-only t)
         (next (+ offset nbls--page-lines))
         (more (- (plist-get answer :lineCount) next)))
    (save-excursion
      (nbls--line-position offset)
      (delete-region (point) (point-max))
      (insert (string-trim-right (plist-get answer :text) "\n") "\n")
      (when (> more 0)
        (insert-text-button (format "… %d more lines" more) 'action (lambda (_) (nbls--fetch-output next)))))))

;;;; An .ipynb as text

(defun nbls--read-notebook (path)
  "The notebook at PATH in its text form, as the server answers it."
  (nbls--ask-now (nbls--connect) :nbls/readNotebook (list :uri (nbls--file-uri path))))

(defun nbls--json-p ()
  "Whether the buffer is JSON, as the file of a notebook."
  (save-excursion
    (goto-char (point-min))
    (looking-at-p "[ \t\n\r\ufeff]*{")))

;;;###autoload
(defun nbls-notebook-mode ()
  "Show the .ipynb of this buffer as text, in the mode of its language.
Saving the buffer saves the notebook."
  (interactive)
  (cond
   ;; Its file has got another name, and the text is the notebook's already.
   ((and nbls-mode nbls--language (not (nbls--json-p))))
   ((condition-case problem
        (prog1 t
          (when (nbls--json-p)
            (let ((notebook (nbls--read-notebook buffer-file-name)))
              (with-silent-modifications
                (erase-buffer)
                (insert (plist-get notebook :text)))
              (goto-char (point-min))
              (setq nbls--language (plist-get notebook :languageId)
                    buffer-undo-list nil))))
      (error (message "nbls: %s is shown as JSON: %s" (buffer-name) (nbls--problem-text problem))
             nil))
    (unless nbls--language (setq nbls--language "python"))
    (funcall (nbls--mode-of nbls--language))
    (nbls--guard-notebook)
    (add-hook 'after-set-visited-file-name-hook #'nbls--guard-notebook nil t)
    (setq-local revert-buffer-insert-file-contents-function #'nbls--revert-notebook)
    (nbls-mode))
   (t (js-json-mode))))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.ipynb\\'" . nbls-notebook-mode))

(defun nbls--mode-of (language)
  "The major mode that is named after LANGUAGE, or what it is remapped to."
  (let ((mode (intern (concat language "-mode"))))
    (major-mode-remap (if (fboundp mode) mode 'prog-mode))))

(defun nbls--problem-text (problem)
  "The sentence for people in the error PROBLEM."
  (or (alist-get 'jsonrpc-error-message (cddr problem)) (error-message-string problem)))

(defun nbls--revert-notebook (path auto-save)
  "Put the text form of the notebook at PATH into the buffer.
Where the text comes from AUTO-SAVE, it is text already."
  (if auto-save
      (insert-file-contents path nil nil nil t)
    (let ((target (current-buffer))
          (text (plist-get (nbls--read-notebook path) :text)))
      (with-temp-buffer
        (insert text)
        (let ((source (current-buffer)))
          (with-current-buffer target (replace-buffer-contents source 1))))
      (set-visited-file-modtime)
      (set-buffer-modified-p nil))))

(defun nbls--write-notebook ()
  "Save the text of this buffer as the notebook that it is.
For `write-file-functions'."
  (let* ((server (if (and nbls--server (jsonrpc-running-p nbls--server)) nbls--server (nbls--connect)))
         (uri (nbls--file-uri buffer-file-name))
         (is-copy (not (or (null nbls--server) (nbls--is-current-name-p))))
         (params (if is-copy (list :uri nbls--uri :to uri :force t) (list :uri (or nbls--uri uri)))))
    (if nbls--version
        (nbls--flush)
      (setq params (append params (list :text (nbls--text (point-min) (point-max))))))
    (let ((backup-by-copying t)) (backup-buffer))
    (condition-case problem
        (nbls--ask-now server :nbls/writeNotebook params)
      (jsonrpc-error
       (unless (and (equal (plist-get (alist-get 'jsonrpc-error-data (cddr problem)) :code) "conflict")
                    (yes-or-no-p (format "%s  Overwrite it? " (nbls--problem-text problem))))
         (user-error "Not saved: %s" (nbls--problem-text problem)))
       (nbls--ask-now server :nbls/writeNotebook (append params '(:force t)))))
    (set-visited-file-modtime)
    (set-buffer-modified-p nil)
    (when is-copy (nbls--reopen))
    (message "Wrote %s" buffer-file-name)
    t))

(defun nbls--guard-notebook ()
  "See to it that this buffer is saved as a notebook, if its file is one."
  (when (string-suffix-p ".ipynb" buffer-file-name t)
    (add-hook 'write-file-functions #'nbls--write-notebook nil t)))

;; A change of the major mode must not let text be written over the notebook.
(put 'nbls--write-notebook 'permanent-local-hook t)
(put 'nbls--guard-notebook 'permanent-local-hook t)

;;;; The mode

(dolist (binding '(("r" . nbls-run-lines) ("s" . nbls-select-kernel) ("I" . nbls-answer-input)
                   ("n" . nbls-next-cell) ("p" . nbls-previous-cell) ("m" . nbls-mark-cell)
                   ("o" . nbls-open-output) ("K" . nbls-clear-all-outputs)))
  (keymap-set nbls-command-map (car binding) (cdr binding)))

(defvar-keymap nbls-repeat-map
  :doc "Keys that repeat a motion, with `repeat-mode'."
  :repeat t
  "n" #'nbls-next-cell
  "p" #'nbls-previous-cell
  "N" #'nbls-move-cell-down
  "P" #'nbls-move-cell-up)

(defvar-keymap nbls-mode-map
  :doc "Keys of `nbls-mode'."
  "C-c %" 'nbls-command-map
  "C-<return>" #'nbls-run-cell
  "S-<return>" #'nbls-run-cell-and-advance)

(defun nbls--lighter ()
  "The kernel, its state, and the number of cells that wait."
  (let ((waiting (seq-count (lambda (cell) (equal (nbls--cell-state cell) "queued")) nbls--cells)))
    (concat " nbls["
            (cond ((not (and nbls--server (jsonrpc-running-p nbls--server))) "no server")
                  (nbls--kernel (format "%s %s" (plist-get nbls--kernel :displayName)
                                        (plist-get nbls--kernel :status)))
                  (t "no kernel"))
            (if (> waiting 0) (format " +%d" waiting) "")
            "]")))

;;;###autoload
(define-minor-mode nbls-mode
  "Show and run the cells of a notebook in its buffer.
\\{nbls-mode-map}"
  :lighter (:eval (nbls--lighter))
  (if nbls-mode (nbls--on) (nbls--off)))

;;;###autoload
(defun nbls-ensure ()
  "Turn on `nbls-mode' where the file of this buffer has cells.
For hooks, such as `python-base-mode-hook'."
  (when (and buffer-file-name
             (not (file-remote-p buffer-file-name))
             (save-excursion
               (goto-char (point-min))
               (re-search-forward "^[ \t]*\\(?:#\\|//\\|--\\|%\\|;+\\) ?%%" nil t)))
    (nbls-mode)))

(defun nbls--eglot-server ()
  "The nbls that serves this buffer through eglot, or nil."
  (when-let* (((featurep 'nbls-eglot))
              (server (eglot-current-server))
              ((nbls--eglot-p server)))
    server))

(defconst nbls--hooks
  '((kill-buffer-hook . nbls--off)
    (change-major-mode-hook . nbls--off)
    (after-set-visited-file-name-hook . nbls--renamed)
    (window-configuration-change-hook . nbls--view-changed)
    (after-change-functions . nbls--after-change))
  "What a buffer with a notebook does, and when.")

(defun nbls--on ()
  "Open the buffer's notebook in the server."
  (when (or (not buffer-file-name) (file-remote-p buffer-file-name))
    (setq nbls-mode nil)
    (user-error "A notebook needs a file of this machine"))
  (setq nbls--uri (nbls--file-uri buffer-file-name)
        nbls--by-id (make-hash-table :test #'equal)
        nbls--cells nil
        nbls--version nil)
  (condition-case problem
      (setq nbls--server (or (nbls--eglot-server) (nbls--connect)))
    (file-missing
     (setq nbls-mode nil)
     (user-error "Cannot start `nbls-command': %s" (error-message-string problem))))
  (when (nbls--eglot-p nbls--server)
    (setq nbls--uri (plist-get (eglot--TextDocumentIdentifier) :uri)))
  (puthash nbls--uri (current-buffer) nbls--buffers)
  (pcase-dolist (`(,hook . ,function) nbls--hooks) (add-hook hook function nil t))
  (unless (nbls--eglot-p nbls--server) (nbls--when-ready #'nbls--open)))

(defun nbls--open ()
  "Tell the server the text of this buffer."
  (when nbls-mode
    (without-restriction
      (setq nbls--version 0
            nbls--dirty nil
            nbls--sent-lines (line-number-at-pos (point-max)))
      (nbls--view-changed)
      (jsonrpc-notify nbls--server :textDocument/didOpen
                      (list :textDocument
                            (list :uri nbls--uri :version 0
                                  ;; What the major mode is named after.
                                  :languageId (or nbls--language
                                                  (string-remove-suffix
                                                   "-ts" (string-remove-suffix "-mode" (symbol-name major-mode))))
                                  :text (nbls--text (point-min) (point-max))))))))

(defun nbls--off ()
  "Close the buffer's notebook in the server and draw it no more."
  (when nbls--server
    (when (and nbls--version (jsonrpc-running-p nbls--server))
      (nbls--flush)
      (jsonrpc-notify nbls--server :textDocument/didClose (list :textDocument (list :uri nbls--uri))))
    (if (timerp nbls--flush-timer) (cancel-timer nbls--flush-timer))
    (remhash nbls--uri nbls--buffers)
    (mapc #'nbls--forget-cell nbls--cells)
    (mapc #'delete-overlay nbls--marks)
    (pcase-dolist (`(,hook . ,function) nbls--hooks) (remove-hook hook function t))
    (setq nbls--server nil nbls--cells nil nbls--marks nil nbls--kernel nil
          nbls--version nil nbls--dirty nil nbls--flush-timer nil)))

(defun nbls--is-current-name-p ()
  "Whether the server knows this buffer by the name that its file has now."
  (file-equal-p (nbls--uri-file nbls--uri) buffer-file-name))

(defun nbls--renamed ()
  "Go on under the new name of the file; a notebook does when it is saved."
  (unless (or (nbls--is-current-name-p)
              (and nbls--language (string-suffix-p ".ipynb" buffer-file-name t)))
    (nbls--reopen)))

(defun nbls--reopen ()
  "Turn the mode off and on."
  (nbls-mode -1)
  (nbls-mode))

(defun nbls-restart-server ()
  "End the server of this buffer, and its kernels, and start another one."
  (interactive)
  (let* ((server (or nbls--server (user-error "M-x nbls-mode starts one")))
         (buffers (nbls--buffers-of server)))
    (when (nbls--eglot-p server) (user-error "Eglot runs it: M-x eglot-reconnect"))
    (when (jsonrpc-running-p server) (delete-process (jsonrpc--process server)))
    (dolist (buffer buffers) (nbls--in buffer #'nbls--reopen))))

(provide 'nbls)
;;; nbls.el ends here
